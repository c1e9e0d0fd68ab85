import { Inject, Injectable } from '@nestjs/common';
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { decodeClientDataJSON } from '@simplewebauthn/server/helpers';
import { uuidBytes } from '../common/ids.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { webAuthnChallengeOf } from './challenge-token.js';
import type { NewPasskey, StoredPasskey } from './passkeys.js';
import type { RelyingParty } from './relying-party.js';
import { relyingPartyOf } from './relying-party.js';

export type PasskeyCreationOptions = PublicKeyCredentialCreationOptionsJSON;
export type PasskeyRequestOptions = PublicKeyCredentialRequestOptionsJSON;
export type PasskeyCreation = RegistrationResponseJSON;
export type PasskeyResponse = AuthenticationResponseJSON;

/** COSE algorithms that every supported Node.js verifies: ES256, EdDSA, RS256 (WebAuthn section 5.8.5). */
const algorithms = [-7, -8, -257];
const timeoutMs = 5 * 60_000;

/** What a response of a passkey has proven. */
export interface ProvenPasskey {
  passkey: StoredPasskey;
  signCount: bigint;
  /** The authenticator has verified its user, with a PIN or a fingerprint for example. */
  userVerified: boolean;
}

/** Thrown for a response that proves nothing. The message is for the log. */
export class RefusedPasskey extends Error {
  override readonly name = 'RefusedPasskey';
}

/** The ceremonies of WebAuthn Level 3: options for browsers, and the verification of what they return. */
@Injectable()
export class WebAuthn {
  readonly relyingParty: RelyingParty;

  constructor(@Inject(CONFIG) config: Config) {
    this.relyingParty = relyingPartyOf(config);
  }

  /** For a new passkey of a user: resident, so that it can sign in without an address. */
  creationOptions(
    challenge: string,
    user: { id: string; email: string; name: string | null },
    existing: readonly StoredPasskey[],
  ): Promise<PasskeyCreationOptions> {
    return generateRegistrationOptions({
      rpID: this.relyingParty.id,
      rpName: this.relyingParty.name,
      userID: new Uint8Array(uuidBytes(user.id)),
      userName: user.email,
      userDisplayName: user.name ?? user.email,
      challenge: signedBytes(challenge),
      timeout: timeoutMs,
      attestationType: 'none',
      excludeCredentials: existing.map(toDescriptor),
      authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
      supportedAlgorithmIDs: algorithms,
    });
  }

  /** For any passkey, which then has to verify its user: it is the only factor. */
  signInOptions(challenge: string): Promise<PasskeyRequestOptions> {
    const { id: rpID } = this.relyingParty;
    return generateAuthenticationOptions({
      rpID,
      challenge: signedBytes(challenge),
      timeout: timeoutMs,
      userVerification: 'required',
    });
  }

  /** For one of these passkeys, after another factor. */
  secondFactorOptions(challenge: string, passkeys: readonly StoredPasskey[]): Promise<PasskeyRequestOptions> {
    return generateAuthenticationOptions({
      rpID: this.relyingParty.id,
      challenge: signedBytes(challenge),
      timeout: timeoutMs,
      userVerification: 'preferred',
      allowCredentials: passkeys.map(toDescriptor),
    });
  }

  /** WebAuthn section 7.1. Throws RefusedPasskey. */
  async verifyCreation(response: PasskeyCreation, challenge: string): Promise<Omit<NewPasskey, 'userId' | 'name'>> {
    const { verified, registrationInfo } = await refusing(() => {
      assertOwnFrame(response.response.clientDataJSON);
      return verifyRegistrationResponse({
        response,
        expectedChallenge: webAuthnChallengeOf(challenge),
        expectedOrigin: this.relyingParty.origins,
        expectedRPID: this.relyingParty.id,
        requireUserVerification: false,
        supportedAlgorithmIDs: algorithms,
      });
    });
    if (!verified) throw new RefusedPasskey('the attestation is not valid');
    const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
    return {
      credentialId: Buffer.from(id, 'base64url'),
      publicKey,
      signCount: BigInt(counter),
      transports: transports.filter((transport) => /^[a-z-]{1,32}$/.test(transport)).slice(0, 10),
      synced: registrationInfo.credentialDeviceType === 'multiDevice',
    };
  }

  /** WebAuthn section 7.2, but for the counter, which `Passkeys.use` compares. Throws RefusedPasskey. */
  async verifyResponse(
    response: PasskeyResponse,
    challenge: string,
    passkey: StoredPasskey,
    requireUserVerification: boolean,
  ): Promise<ProvenPasskey> {
    const { userHandle } = response.response;
    // Step 6: the authenticator must mean the account that the passkey is stored for.
    if (userHandle !== undefined && userHandle !== userHandleOf(passkey.userId)) {
      throw new RefusedPasskey('the user handle is of another account');
    }
    const { verified, authenticationInfo } = await refusing(() => {
      assertOwnFrame(response.response.clientDataJSON);
      return verifyAuthenticationResponse({
        response,
        expectedChallenge: webAuthnChallengeOf(challenge),
        expectedOrigin: this.relyingParty.origins,
        expectedRPID: this.relyingParty.id,
        requireUserVerification,
        credential: { id: response.id, publicKey: new Uint8Array(passkey.publicKey), counter: 0 },
      });
    });
    if (!verified) throw new RefusedPasskey('the signature is not valid');
    const { newCounter, userVerified } = authenticationInfo;
    return { passkey, signCount: BigInt(newCounter), userVerified };
  }
}

/** The user handle of an account (WebAuthn section 5.4.3), as responses spell it. */
export function userHandleOf(userId: string): string {
  return uuidBytes(userId).toString('base64url');
}

function signedBytes(challenge: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(webAuthnChallengeOf(challenge), 'base64url'));
}

function toDescriptor({ credentialId, transports }: StoredPasskey) {
  return { id: Buffer.from(credentialId).toString('base64url'), transports };
}

/** A page of another site can show ours in a frame and have a passkey used in it (WebAuthn section 13.4.2). */
function assertOwnFrame(clientDataJson: string): void {
  if (decodeClientDataJSON(clientDataJson).crossOrigin === true) {
    throw new RefusedPasskey('the response is from a frame of another site');
  }
}

/** The library throws an Error for whatever is wrong with a response, which the caller has chosen freely. */
async function refusing<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (error) {
    if (error instanceof RefusedPasskey || !(error instanceof Error)) throw error;
    throw new RefusedPasskey(error.message, { cause: error });
  }
}
