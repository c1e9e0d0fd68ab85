import { Injectable } from '@nestjs/common';

/** Something that is kept about users. */
export interface PersonalDataSource {
  /** Its name in the export, in the plural. */
  name: string;
  /** All of it for one user, page by page, as it is shown to that user. */
  read: (userId: string) => AsyncIterable<readonly object[]>;
}

/** All that is kept about users, for whoever asks what is: each feature adds its own, so that none can be forgotten elsewhere. */
@Injectable()
export class PersonalData {
  readonly sources: PersonalDataSource[] = [];

  add(source: PersonalDataSource): void {
    this.sources.push(source);
  }
}
