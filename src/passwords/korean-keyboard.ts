/** The keys of the 2-set layout (KS X 5002) for the parts of a syllable, in Unicode's order. */
const initials = 'r R s e E f a q Q t T d w W c z x v g'.split(' ');
const vowels = 'k o i O j p u P h hk ho hl y n nj np nl b m ml l'.split(' ');
const finals = ['', ...'r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g'.split(' ')];

const firstSyllable = 0xac00;
const syllables = initials.length * vowels.length * finals.length;

/** Hangul as the keys that type it on an English keyboard: `비밀번호` is `qlalfqjsgh`. Other characters stay. */
export function keysOfHangul(text: string): string {
  return Array.from(text.normalize('NFC'), (character) => {
    const index = character.codePointAt(0)! - firstSyllable;
    if (index < 0 || index >= syllables) return character;
    const [vowelAndFinal, final] = [index % (vowels.length * finals.length), index % finals.length];
    const initial = initials[Math.floor(index / (vowels.length * finals.length))]!;
    return initial + vowels[Math.floor(vowelAndFinal / finals.length)]! + finals[final]!;
  }).join('');
}

/** Words that Korean speakers choose as passwords, most of them typed on an English keyboard. */
export const koreanPasswordWords = `
비밀번호 안녕하세요 사랑해 사랑 대한민국 안녕 한국 우리 가나다라 가나다 패스워드 비번 암호 관리자 사용자 로그인 테스트
사랑해요 사랑합니다 감사합니다 고마워 행복 행운 희망 자유 평화 건강 가족 엄마 아빠 엄마아빠 친구 천사 바보 최고 대박
화이팅 파이팅 만세 우리나라 한글 한국어 한국인 코리아 서울 부산 독도 태극기 하늘 바다 나무 여름 겨울 가을 학교 회사 공부
컴퓨터 인터넷 게임 축구 야구 농구 김치 커피 치킨 라면 소주 맥주 강아지 고양이 호랑이 토끼 돼지 곰돌이 공주 왕자 여보
자기야 오빠 언니 누나 아무거나 몰라 모름 지랄 씨발 병신 하하하 호호호 아이유 방탄소년단
`
  .trim()
  .split(/\s+/);
