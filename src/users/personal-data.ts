import { Injectable } from '@nestjs/common';

/** The user whose data is read. */
export interface DataOwner {
  id: string;
  email: string;
}

/** One kind of data about users. */
export interface PersonalDataSource {
  /** Its name in the export, a plural. */
  name: string;
  /** Reads everything about one user, page by page, as that user may see it. */
  read: (owner: DataOwner) => AsyncIterable<readonly object[]>;
}

/** Everything stored about users. Each feature adds its own source, so the export needs no list of features. */
@Injectable()
export class PersonalData {
  readonly sources: PersonalDataSource[] = [];

  add(source: PersonalDataSource): void {
    this.sources.push(source);
  }
}
