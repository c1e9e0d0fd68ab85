import type { Locale } from '../common/locale.js';

/** The texts that both pages share. */
interface SharedWords {
  noScript: string;
  noToken: string;
  expired: string;
  taken: string;
  later: string;
}

interface PageWords {
  title: string;
  opening: string;
  button: string;
  done: string;
}

interface AccountPageWords {
  shared: SharedWords;
  verify: PageWords & {
    label: string;
    /** Asks for the password of somebody who is not signed in. */
    ask: string;
    wrong: string;
  };
  reset: PageWords & {
    label: string;
    /** `{reason}` is replaced with the service's sentence, which is English. */
    refused: string;
  };
}

export const accountPageWords: Readonly<Record<Locale, AccountPageWords>> = {
  en: {
    shared: {
      noScript: 'This page needs JavaScript.',
      noToken: 'This link is incomplete. Open it from the email again, or copy all of it.',
      expired: 'This link has expired or was already used. Ask for a new one.',
      taken: 'This email address now belongs to another account.',
      later: 'Something went wrong. Try again in a moment.',
    },
    verify: {
      title: 'Confirm your email address',
      opening: 'Press the button to confirm that this email address is yours.',
      button: 'Confirm',
      label: 'Password',
      ask: 'Enter the password that you chose for this account, and press the button again. If you do not know it, reset your password on the sign-in page instead.',
      wrong: 'This password is incorrect. Try again, or reset your password on the sign-in page.',
      done: 'Your email address is confirmed. You can close this page and sign in.',
    },
    reset: {
      title: 'Choose a new password',
      opening: 'It replaces your old password and signs you out everywhere.',
      label: 'New password',
      button: 'Save',
      refused: 'Choose another password. {reason}',
      done: 'Your password was changed. You can close this page and sign in with the new one.',
    },
  },
  ko: {
    shared: {
      noScript: '이 페이지를 사용하려면 JavaScript가 필요합니다.',
      noToken: '링크가 완전하지 않습니다. 메일에서 다시 열거나 링크 전체를 복사해 주세요.',
      expired: '링크가 만료되었거나 이미 사용되었습니다. 새 링크를 요청해 주세요.',
      taken: '이 주소는 이미 다른 계정에서 사용하고 있습니다.',
      later: '처리하지 못했습니다. 잠시 후 다시 시도해 주세요.',
    },
    verify: {
      title: '이메일 주소 확인',
      opening: '아래 버튼을 누르면 이메일 주소 확인이 완료됩니다.',
      button: '확인',
      label: '비밀번호',
      ask: '이 계정을 만들 때 정하신 비밀번호를 입력하고 버튼을 다시 눌러 주세요. 모르시면 로그인 화면에서 비밀번호를 재설정해 주세요.',
      wrong: '비밀번호가 올바르지 않습니다. 다시 입력하시거나 로그인 화면에서 비밀번호를 재설정해 주세요.',
      done: '이메일 주소가 확인되었습니다. 이 페이지를 닫고 로그인해 주세요.',
    },
    reset: {
      title: '새 비밀번호 정하기',
      opening: '기존 비밀번호를 대신하며, 모든 기기에서 로그아웃됩니다.',
      label: '새 비밀번호',
      button: '저장',
      refused: '추측하기 쉽거나 길이가 맞지 않는 비밀번호입니다. 다른 비밀번호를 정해 주세요.',
      done: '비밀번호가 변경되었습니다. 이 페이지를 닫고 새 비밀번호로 로그인해 주세요.',
    },
  },
};
