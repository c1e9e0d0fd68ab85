import type { EmailFacts, WordsByTemplate } from './email-words.js';

export function korean({ site, minutes }: EmailFacts): WordsByTemplate {
  return {
    verify_email: {
      subject: `${site} 이메일 주소를 확인해 주세요`,
      opening: [`${site} 계정에 이 이메일 주소가 입력되었습니다. 본인이 입력하셨다면 주소를 확인해 주세요.`],
      link: '이메일 주소 확인',
      closing: [
        `이 링크는 ${minutes}분 동안 한 번만 사용할 수 있습니다.`,
        '본인이 아니라면 링크를 열지 마세요. 다른 조치는 필요하지 않습니다.',
      ],
    },
    address_taken: {
      subject: `${site}에 이미 계정이 있습니다`,
      opening: [
        `${site}에서 새 계정을 만들거나 다른 계정의 주소를 바꾸는 데 이 이메일 주소가 입력되었습니다. 이 주소로 만든 계정이 이미 있습니다.`,
        '본인이 입력하셨다면 이 주소로 로그인해 주세요. 비밀번호를 잊으셨다면 로그인 화면에서 재설정하실 수 있습니다.',
      ],
      closing: ['본인이 아니라면 아무 조치도 필요하지 않습니다. 계정은 변경되지 않았습니다.'],
    },
    reset_password: {
      subject: `${site} 비밀번호 재설정`,
      opening: [`${site} 계정의 비밀번호 재설정이 요청되었습니다. 본인이 요청하셨다면 새 비밀번호를 정해 주세요.`],
      link: '새 비밀번호 정하기',
      closing: [
        `이 링크는 ${minutes}분 동안 한 번만 사용할 수 있으며, 재설정하면 모든 기기에서 로그아웃됩니다.`,
        '본인이 아니라면 아무 조치도 필요하지 않습니다. 비밀번호는 변경되지 않았습니다.',
      ],
    },
    confirm_new_email: {
      subject: `${site} 새 이메일 주소를 확인해 주세요`,
      opening: [`${site} 계정의 새 이메일 주소로 이 주소가 입력되었습니다. 본인이 입력하셨다면 주소를 확인해 주세요.`],
      link: '새 이메일 주소 확인',
      closing: [
        `이 링크는 ${minutes}분 동안 한 번만 사용할 수 있습니다.`,
        '본인이 아니라면 링크를 열지 마세요. 다른 조치는 필요하지 않습니다.',
      ],
    },
    email_change_requested: {
      subject: `${site} 이메일 주소 변경이 요청되었습니다`,
      opening: [`${site} 계정에 다른 이메일 주소가 입력되었습니다. 새 주소에서 확인이 끝나면 현재 주소를 대체합니다.`],
      closing: ['본인이 아니라면 지금 바로 새 비밀번호를 정해 주세요. 그러면 주소 변경도 중단됩니다.'],
    },
    email_changed: {
      subject: `${site} 이메일 주소가 변경되었습니다`,
      opening: [
        `${site} 계정의 이메일 주소가 다른 주소로 변경되었습니다. 이 주소는 더 이상 해당 계정에서 사용되지 않습니다.`,
      ],
      closing: [`본인이 아니라면 즉시 ${site} 운영자에게 알려 주세요.`],
    },
    password_changed: {
      subject: `${site} 비밀번호가 변경되었습니다`,
      opening: [`${site} 계정의 비밀번호가 변경되었습니다. 로그인되어 있던 기기에서는 다시 로그인해야 할 수 있습니다.`],
      closing: ['본인이 아니라면 즉시 비밀번호를 재설정해 주세요.'],
    },
    account_deleted: {
      subject: `${site} 계정이 삭제되었습니다`,
      opening: [`회원님의 요청에 따라 ${site} 계정과 그 안의 모든 내용이 삭제되었습니다.`],
      closing: [`본인이 아니라면 즉시 ${site} 운영자에게 알려 주세요.`],
    },
  };
}
