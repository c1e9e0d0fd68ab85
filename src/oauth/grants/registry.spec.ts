import { grantTypes } from '../../clients/client.js';
import { metadataOf } from '../metadata.js';
import { supportedGrantTypes } from './registry.js';

it('every grant that a client can be registered for exists, and the metadata lists it', () => {
  expect([...supportedGrantTypes].sort()).toEqual([...grantTypes].sort());
  expect(metadataOf('https://auth.example.com').grant_types_supported).toEqual(supportedGrantTypes);
});
