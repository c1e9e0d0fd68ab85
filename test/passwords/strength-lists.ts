import type { PasswordOwner } from '../../src/passwords/personal-terms.js';

export interface Sample {
  password: string;
  owner: PasswordOwner;
}

type Kinds = Readonly<Record<string, readonly Sample[]>>;

const nobody: PasswordOwner = { email: 'zo@example.com', name: null };
const anna: PasswordOwner = { email: 'anna.lee@example.com', name: 'Anna Lee' };
const minsu: PasswordOwner = { email: 'minsu.kim84@naver.com', name: '김민수' };
const max: PasswordOwner = { email: 'max@northwind.io', name: 'Max Rosenthal' };
const katherine: PasswordOwner = { email: 'katherine.johnson@nasa.example', name: 'Katherine Johnson' };

const of = (owner: PasswordOwner, ...passwords: string[]): Sample[] =>
  passwords.map((password) => ({ password, owner }));

/** Passwords that a policy must accept. */
export const good: Kinds = {
  passphrase: of(
    nobody,
    'correct horse battery staple',
    'otter river lantern seven',
    'my cat sleeps on the radiator',
    'purple-monkey-dishwasher-42',
    'twelve angry penguins marched',
    'Bananas do not wear pyjamas!',
    'we met in lisbon in the rain',
    'never eat soggy waffles again',
    'tHe quick onyx goblin jumps over',
    'coffee before meetings please',
    'grandma hid cookies in the piano',
    'thunder.velvet.canoe.orbit',
    'plastic ferns on mars',
    'her name was lola she was a showgirl',
    'i forgot my old password sorry',
    'gravel_mandolin_sparrow',
    'summer love in the winter city',
    'dragon-otter-river',
    'monkeys ate all 17 pancakes',
  ),
  'passphrase in another language': of(
    nobody,
    '비밀번호는 길게 쓰는 것이 좋다',
    '우리집 고양이는 생선을 싫어해',
    '동해물과 백두산이 마르고닳도록',
    'der Hund frisst keine Nudeln',
    'le chat dort sous la voiture',
    'mi abuela baila mejor que yo',
    'вчера мы ели борщ с чесноком',
    'お茶を飲みながら本を読む',
    '今天下雨我不想出门',
    'kahve olmadan sabah olmaz',
  ),
  'random, letters and digits': of(
    nobody,
    'xkqvbzmw',
    'qzjxvkwp',
    'r7tq2mzk',
    'w9fkx3vd',
    'Zk4vQ9rT',
    'bX7mPq2W',
    'hf83kd02jq',
    'n5GzT8wLc1',
    'KQ7RW2MX9B',
    'vT3xN8bRq5Yw',
    'ujmtwpczrk',
    'yfdnkgoqie',
    'c6wz8fhp4x',
    'PvLhJtXwQa',
  ),
  'random, with signs': of(
    nobody,
    'g7#Kq!vR',
    'x$2Lw@9z',
    't&Yp4^mQ',
    '~r8Vd%bN',
    'J*w5k;Zq',
    'hR)6x=fT2',
    'k9]Wm>3vQp',
    '4Zt?uH-xB8',
    'Qe/7+nJc!d',
    '_v2{Xr9|Lk',
    '3fG<z0"yT;w',
    'wm,8$Rz.Q4!xv',
  ),
  'from a password manager': of(
    nobody,
    'Y3t-Hx9-qLm-72w',
    'zofnaq-6Pyfty-recvyx',
    'tunwAv-japfo4-fyqhox',
    'Dq8vZr1KpW6mXt3B',
    'f0c1d6e2-7a94-4b8e',
    '9rB$w2!LqZ7^xN5&vT1',
    'gtrw7zkq5mxv2npb',
  ),
  'random, with letters of the address or the name': [
    ...of(
      anna,
      'hosanna in the highest 47',
      'x7annaQ!v2Rw',
      'kLee9#vTq2zX',
      'vT!9leexW4qz',
      'savannah cheetahs sprint',
    ),
    ...of(anna, 'qz8Anna$kT3v', 'bright lees of a sheltered cove', 'fleece blanket on a sofa', 'xannakq72bvw'),
    ...of(max, 'maximum overdrive at noon', 'climax of the second opera', 'rk4maxQz!9wt', 'syntax errors everywhere'),
    ...of(minsu, 'T9#minsQv4xz', 'w8kimQz!4vbx', 'mikimoto pearls in kyoto', 'z84Kq!vr2mWx'),
    ...of(katherine, 'q7#JohnVx!2kz', 'a son of the katabatic wind', 'kathmandu by night train'),
  ],
};

/** Passwords that a policy must refuse: an attacker tries them among the first. */
export const bad: Kinds = {
  'common password': of(
    nobody,
    'password',
    'iloveyou',
    'trustno1',
    'sunshine',
    'princess',
    'football',
    'starwars',
    'PassWord',
    'ｐａｓｓｗｏｒｄ',
    'baseball1',
    'letmein123',
    'welcome1',
  ),
  'common password and what people add': of(
    nobody,
    'Summer2026!',
    'Dragon2026!',
    'password123',
    'Password1!',
    'Passw0rd2026',
    'monkey12345',
    'shadow1990!',
    'Welcome@123',
    'letmein2025',
    '123password',
    'master!!!!!',
    'superman007',
    'qwerty123456',
    'michael1987',
    'Liverpool2024',
    'january2026',
    'iloveyou123456',
  ),
  'keyboard walk': of(
    nobody,
    'qwertyuiop',
    'asdfghjkl',
    'zxcvbnm123',
    '1qaz2wsx',
    '1qaz2wsx3edc',
    'qazwsxedc',
    'qwerasdf',
    '1q2w3e4r',
    '1q2w3e4r5t6y',
    'asdfasdf',
    'poiuytrewq',
    'qweasdzxc',
    'zaq12wsx',
    '!QAZ2wsx',
    'qwer1234!',
    'asdf1234',
    'mnbvcxz1',
    '7u8i9o0p',
    'rfvtgbyhn',
    'okmijnuhb',
  ),
  date: of(
    nobody,
    '19840229',
    '12/25/1998',
    '2001-09-11',
    '31121999',
    '25.12.2020',
    '01011990',
    '1990-01-01',
    '07041776',
  ),
  leet: of(
    nobody,
    'p@ssw0rd',
    'P4$$word',
    'dr@g0n99',
    'm0nk3y!!',
    'l3tm31n!',
    '1l0v3y0u',
    'sup3rm@n',
    'b@s3b@ll',
    'pr1nc3ss',
    'w3lc0m3!',
    'f00tb@ll1',
    '5tarwar5',
  ),
  'repetition or sequence': of(
    nobody,
    'aaaaaaaa',
    '        ',
    '88888888',
    '12345678',
    '987654321',
    'abcdefgh',
    'hgfedcba',
    'abcabcabc',
    'xyxyxyxy',
    'a1!a1!a1!',
    'dragondragon',
    'monkeymonkey',
    'abc123abc123',
    'aaaabbbb',
    '11112222',
    '123123123',
    'abcd1234',
    '1234abcd',
    'passpass',
    'dr4gondr4gon',
    '😀😀😀😀😀😀😀😀',
    'abababab1',
    'aaaaaaaaaaaaaaaaaaaa1',
  ),
  'made of the address': [
    ...of(anna, 'anna.lee@example.com', 'anna.lee1', 'annalee2026', 'AnnaLee!', 'leeanna1', 'annalee99', 'anna1234'),
    ...of(minsu, 'minsukim84', 'minsu.kim84', 'kim84minsu', 'minsu1984!'),
    ...of(katherine, 'katherine.johnson', 'Katherine1', 'johnson123', 'KatherineJ!', 'k4th3rine1'),
    ...of(max, 'max@northwind', 'maxmaxmax', 'max12345', 'max.max.1'),
  ],
  'made of the name': [
    ...of(max, 'Rosenthal1', 'maxrosenthal', 'rosenthal2026', 'MaxRosenthal!', 'rosenthalmax'),
    ...of(minsu, '김민수1234', '김민수김민수', '민수민수1234'),
    ...of(katherine, 'KatherineJohnson', 'johnsonkatherine1'),
  ],
  'made of the service': [
    ...of(max, 'northwind1', 'Northwind2026', 'northwind.io'),
    ...of(katherine, 'nasa.example'),
    ...of(minsu, 'naver.com1'),
  ],
  'Korean word on an English keyboard': of(
    nobody,
    'qlalfqjsgh', // 비밀번호
    'dkssudgktpdy', // 안녕하세요
    'tkfkdgo123', // 사랑해
    'tkfkdgody', // 사랑해요
    'eogksalsrnr', // 대한민국
    'gksrnrdj1', // 한국어
    'wlfkf1234', // 지랄
    'rkskekfk1', // 가나다라
    'dkssud12', // 안녕
    'qlalfqjsgh1', // 비밀번호
  ),
};
