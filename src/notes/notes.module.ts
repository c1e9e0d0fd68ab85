import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { AdminNotesController } from './admin-notes.controller.js';
import { NotesController } from './notes.controller.js';
import { NotesService } from './notes.service.js';

@Module({
  imports: [UsersModule],
  controllers: [NotesController, AdminNotesController],
  providers: [NotesService],
})
export class NotesModule {}
