import { Module } from '@nestjs/common';
import { AdminNotesController } from './admin-notes.controller.js';
import { NotesController } from './notes.controller.js';
import { NotesService } from './notes.service.js';

@Module({ controllers: [NotesController, AdminNotesController], providers: [NotesService] })
export class NotesModule {}
