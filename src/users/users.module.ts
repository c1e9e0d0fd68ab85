import { Module } from '@nestjs/common';
import { PersonalData } from './personal-data.js';
import { UsersService } from './users.service.js';

@Module({ providers: [PersonalData, UsersService], exports: [PersonalData, UsersService] })
export class UsersModule {}
