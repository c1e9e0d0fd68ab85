import type { EmailFacts, WordsByTemplate } from './email-words.js';

export function english({ site, minutes, code }: EmailFacts): WordsByTemplate {
  const linkExpires = `This link works once and expires in ${minutes} minutes.`;
  const contactOperators = `If this was not you, contact the operators of ${site} immediately.`;
  const doNotOpen = 'If this was not you, do not open the link. There is nothing else you need to do.';
  return {
    verify_email: {
      subject: `Confirm your email address for ${site}`,
      opening: [
        `Someone used this address to create an account at ${site}. If that was you, please confirm that the address is yours.`,
      ],
      link: 'Confirm email address',
      closing: [linkExpires, doNotOpen],
    },
    finish_registration: {
      subject: `Choose a password for ${site}`,
      opening: [
        `Someone used this address to create an account at ${site}, or asked for this email again. If that was you, choose a password. This also confirms that the address is yours.`,
      ],
      link: 'Choose a password',
      closing: [`${linkExpires} Only the password that you choose there will open the account.`, doNotOpen],
    },
    invitation: {
      subject: `You are invited to ${site}`,
      opening: [`An administrator of ${site} created an account for this address. Choose a password to sign in.`],
      link: 'Choose a password',
      closing: [
        `This link works once and expires in ${minutes / 60} hours. After that, you can reset your password on the sign-in page.`,
        'If you did not expect this email, there is nothing you need to do.',
      ],
    },
    address_taken: {
      subject: `You already have an account at ${site}`,
      opening: [
        `Someone entered this address at ${site} to create an account or to change the address of another one. You already have an account with this address.`,
        'If that was you, sign in with this address. If you have forgotten your password, you can reset it on the sign-in page.',
      ],
      closing: ['If this was not you, there is nothing you need to do. Your account has not changed.'],
    },
    reset_password: {
      subject: `Choose a new password for ${site}`,
      opening: [
        `Someone asked to reset the password of your account at ${site}. If that was you, choose a new password.`,
      ],
      link: 'Choose a new password',
      closing: [
        `${linkExpires} Choosing a new password signs you out on all devices.`,
        'If this was not you, there is nothing you need to do. Your password has not changed.',
      ],
    },
    renew_password: {
      subject: `Please choose a new password for ${site}`,
      opening: [
        `You signed in to ${site} with a long password that another system stored. Only its first 72 bytes are checked. Choose a new password, so that all of it counts.`,
      ],
      link: 'Choose a new password',
      closing: [
        `${linkExpires} Choosing a new password signs you out on all devices.`,
        'If this was not you, choose a new password as well.',
      ],
    },
    confirm_new_email: {
      subject: `Confirm your new email address for ${site}`,
      opening: [
        `Someone asked to use this address for an account at ${site}. If that was you, please confirm that the address is yours.`,
      ],
      link: 'Confirm new email address',
      closing: [linkExpires, doNotOpen],
    },
    email_change_requested: {
      subject: `Request to change your email address at ${site}`,
      opening: [
        `Someone asked to change the email address of your account at ${site}. The new address will replace this one when it is confirmed.`,
      ],
      closing: ['If this was not you, change your password now. That also cancels the change of address.'],
    },
    email_changed: {
      subject: `Your email address at ${site} was changed`,
      opening: [`Your account at ${site} now has a new email address. This address is no longer used for the account.`],
      closing: [contactOperators],
    },
    new_email_in_use: {
      subject: `This is now your email address at ${site}`,
      opening: [`Your account at ${site} now has this email address. It replaces the address of before.`],
      closing: [contactOperators],
    },
    password_changed: {
      subject: `Your password at ${site} was changed`,
      opening: [`The password of your account at ${site} was changed. You may have to sign in again on your devices.`],
      closing: ['If this was not you, reset your password immediately.'],
    },
    new_device: {
      subject: `New sign-in to your account at ${site}`,
      opening: [
        `Someone signed in to your account at ${site} with a browser or app that you have not used before. If that was you, there is nothing you need to do.`,
      ],
      closing: ['If this was not you, change your password now. That signs out all other devices.'],
    },
    sign_in_after_failures: {
      subject: `Sign-in to your account at ${site} after failed attempts`,
      opening: [
        `Someone signed in to your account at ${site} after several attempts with a wrong password. If that was you, there is nothing you need to do.`,
      ],
      closing: ['If this was not you, change your password now. That signs out all other devices.'],
    },
    session_reused: {
      subject: `A device was signed out of your account at ${site}`,
      opening: [
        `A sign-in to your account at ${site} was used in two places, as if it had been copied. To be safe, it was ended. You may have to sign in again on one device.`,
      ],
      closing: ['If you do not know why this happened, change your password and check the devices that are signed in.'],
    },
    sign_in: {
      subject: `Sign in to ${site}`,
      opening: [
        `Someone asked to sign in to ${site} with this address. If that was you, enter this code where you asked for it, or open the link.`,
        `The code is ${code}.`,
      ],
      link: 'Sign in',
      closing: [
        `The link and the code work once and expire in ${minutes} minutes. Nobody from ${site} will ask you for the code.`,
        'If this was not you, do not open the link, and tell nobody the code. There is nothing else you need to do.',
      ],
    },
    factor_added: {
      subject: `A second factor was added to your account at ${site}`,
      opening: [
        `An authenticator app or a passkey was added to your account at ${site}. From now on, a sign-in asks for it. Other devices were signed out.`,
      ],
      closing: [contactOperators],
    },
    factor_removed: {
      subject: `A second factor was removed from your account at ${site}`,
      opening: [
        `An authenticator app or a passkey was removed from your account at ${site}. Other devices were signed out.`,
      ],
      closing: [contactOperators],
    },
    identity_linked: {
      subject: `Your account at ${site} was connected to another service`,
      opening: [
        `Your account at ${site} was connected to an account at another service. From now on, that account signs in to yours, too.`,
      ],
      closing: [contactOperators],
    },
    identity_unlinked: {
      subject: `Your account at ${site} was disconnected from another service`,
      opening: [
        `Your account at ${site} was disconnected from an account at another service, which no longer signs in to yours.`,
      ],
      closing: [contactOperators],
    },
    recovery_codes_replaced: {
      subject: `New recovery codes were created for your account at ${site}`,
      opening: [
        `Someone who is signed in to your account at ${site} created new recovery codes. The earlier codes do not work any more. If that was you, there is nothing you need to do.`,
      ],
      closing: [contactOperators],
    },
    recovery_code_used: {
      subject: `A recovery code was used for your account at ${site}`,
      opening: [
        `Someone signed in to your account at ${site} with a recovery code. That code does not work again. If that was you, there is nothing you need to do.`,
      ],
      closing: [contactOperators],
    },
    recovery_codes_low: {
      subject: `Your recovery codes for ${site} are running out`,
      opening: [
        `Someone signed in to your account at ${site} with a recovery code. Only three codes or fewer are left.`,
        'If that was you, create new codes in your account and keep them in a safe place.',
      ],
      closing: [contactOperators],
    },
    account_deleted: {
      subject: `Your account at ${site} was deleted`,
      opening: [`Your account at ${site} and all data in it were deleted, as requested from within the account.`],
      closing: [contactOperators],
    },
  };
}
