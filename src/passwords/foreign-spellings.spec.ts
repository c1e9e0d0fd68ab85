import { UnusableHash } from './foreign/unusable-hash.js';
import { parseForeignHash } from './foreign-hash.js';

const password = 'Tr0ub4dor & pässwörd';

/** Made by passlib 1.7.4, argon2-cffi, Python's hashlib and crypt, and OpenSSL: by none of the libraries that check them here. */
const spellings: [string, string][] = [
  ['passlib bcrypt', '$2b$05$DmBKnmkQLEf8cTGBeNtOTe0.d.u556d7IzqBJcQDDg3yn65FD.jEu'],
  ['passlib bcrypt 2y', '$2y$05$vvhb7LnxRmO2AwrZOBOYtOJvEE06XK3cFZxzTacSV4zbmtiL2EFoy'],
  ['{BLF-CRYPT}', '{BLF-CRYPT}$2b$05$hD3kn.MD77R9hvTLqAwjm./a6B9fK9iIbafCLUXkgYdBbNoS3ECku'],
  ['{crypt}', '{crypt}$2b$05$hD3kn.MD77R9hvTLqAwjm./a6B9fK9iIbafCLUXkgYdBbNoS3ECku'],
  ['passlib django_bcrypt', 'bcrypt$$2b$05$dBDccaN4pLt6TWJlHQCtSOilG4HMcp./nk7877/.isVlVn8GGv6Vi'],
  ['passlib django_bcrypt_sha256', 'bcrypt_sha256$$2b$05$3uZL..Ph30wWDnjsjN7HcuvWextllbCqrGdgBG6BjfNr5FqAci2gi'],
  ['passlib bcrypt_sha256 v2', '$bcrypt-sha256$v=2,t=2b,r=5$pFnlc8IBCq6/dadvTqWd4e$cjrRwiZemeZZR/hbvIT8KI/T71K382q'],
  ['passlib bcrypt_sha256 v1', '$bcrypt-sha256$2b,5$ukB4IscIN0Wo3zqavI//4.$wD58VDrLwqQrM6faXJhDV78.AIYRmd2'],
  ['bcrypt tab', '$2b$05$hD3kn.MD77R9hvTLqAwjm./a6B9fK9iIbafCLUXkgYdBbNoS3ECku\t'],
  ['ldap_bcrypt', '{CRYPT}$2b$05$uvcwV93e6gC/Pswj21pb.uyP728VGweYGw0GgNXEa4xVitwtWK0UK'],
  ['argon2-cffi Type.D', '$argon2d$v=19$m=1024,t=2,p=2$135vtr62ZjOLh+rMJrywPw$BEZpHxwYI0gkyr9qjhOCEw'],
  ['passlib django_argon2', 'argon2$argon2i$v=19$m=1024,t=2,p=8$JySE0DoHwPif8x5jzJkTIg$0TsB1ye8BpAiYjgQl7Vtzw'],
  ['argon2 lead {ARGON2ID}', '{ARGON2ID}$argon2id$v=19$m=1024,t=2,p=1$fBdpgk6lFNDFEH4b5Nd7Ow$K3HmvRrrBQxSocgUaF16oA'],
  [
    '@spring',
    '{argon2@SpringSecurity_v5_8}$argon2id$v=19$m=1024,t=2,p=1$fBdpgk6lFNDFEH4b5Nd7Ow$K3HmvRrrBQxSocgUaF16oA',
  ],
  ['argon2 urlsafe', '$argon2id$v=19$m=1024,t=2,p=1$fBdpgk6lFNDFEH4b5Nd7Ow$K3HmvRrrBQxSocgUaF16oA'],
  ['argon2 upper name', '$Argon2id$v=19$m=1024,t=2,p=1$fBdpgk6lFNDFEH4b5Nd7Ow$K3HmvRrrBQxSocgUaF16oA'],
  ['argon2 v in params', '$argon2id$v=19,m=1024,t=2,p=1$fBdpgk6lFNDFEH4b5Nd7Ow$K3HmvRrrBQxSocgUaF16oA'],
  ['argon2 no leading dollar', 'argon2id$v=19$m=1024,t=2,p=1$fBdpgk6lFNDFEH4b5Nd7Ow$K3HmvRrrBQxSocgUaF16oA'],
  [
    'argon2 128-byte',
    '$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHRzb21lc2FsdHNvbWVzYWx0c29tZXNhbHQ$0NZTOHMmzsrT/gS8Gy6j10/r/ifQGth/el+o7bwPiOPvOakTYHeBArXOlhHDibxb3wDbSdPqEwiyiYqQBM1PV+arQF93+ipN2tvpEM9zFWIFob2UmmmF1IxFHGdASrLwmASi/uAUfDRv1AB8xycJtbMB2aknpmnx4/zg2ZHCN1M',
  ],
  ['passlib pbkdf2_sha1', '$pbkdf2$1500$LwVgLGWslRIiJGSslTJmbA$VEJzoPYdzyE4h/ShgPV/dglxkh4'],
  ['passlib pbkdf2_sha256', '$pbkdf2-sha256$1500$v/feWysl5Nw7B8D4v7dWCg$n7ZOs4eXWuSfTGV4lUEx3rVjc9yYFcLNetx5Xaxn/28'],
  [
    'passlib pbkdf2_sha512',
    '$pbkdf2-sha512$1500$llKKcQ4BIGSM0XrPOYewtg$25a4DvcrQYmv7W3FG.IqqRudaZ8LxRRDqug.EtcBXlpFi7GaoarMFoT/QHvsZOWbFywuhzfjCkEIsYBnr1mnKg',
  ],
  ['passlib django_pbkdf2_sha256', 'pbkdf2_sha256$1500$CLOGIEbYPLfm$dCu4JAAKXVQCORuSwmhmob7Iu3mxT1MLCudBRcIk10o='],
  ['passlib django_pbkdf2_sha1', 'pbkdf2_sha1$1500$clOWj6I7na1e$22e4Iyt1zd0F+MFFhadE7OepcJQ='],
  ['passlib ldap_pbkdf2_sha1', '{PBKDF2}1500$ytnbu9cagzCGsDaG8N77Hw$54jzpOmmRmb3wpRCBYGw5JT3Q4U'],
  [
    'passlib ldap_pbkdf2_sha256',
    '{PBKDF2-SHA256}1500$.v/f.5/T2tubk3LO2TsnBA$iLVwkcK/0HG2K7z7nLx74UXrNKc/P2MCPDSz2Dd94mk',
  ],
  [
    'passlib ldap_pbkdf2_sha512',
    '{PBKDF2-SHA512}1500$uReCEKJUqlXqvfceI0TIeQ$DD.770OzKsvFgT26eJTAZNFYaHFCCoEjLfAqI3dABNazXzmy5pFVkIQTz2ANqmfvYxT7xtiaDrwGA2Ve/7kltw',
  ],
  ['phc pbkdf2 l,i', '$pbkdf2-sha256$l=32,i=1500$l0IX4+hc23j8gP4FcZeTgw$zXaJNem+ysjtgqLIUSRV5FqxLKiVeUliHnG0T4mQ+Yk'],
  [
    'phc pbkdf2 hyphen sha-256',
    '$pbkdf2-sha-256$i=1500$l0IX4+hc23j8gP4FcZeTgw$zXaJNem+ysjtgqLIUSRV5FqxLKiVeUliHnG0T4mQ+Yk',
  ],
  [
    'werkzeug pbkdf2 sha384',
    'pbkdf2:sha384:1500$seasalt$0ee9c822e74ed1354192458845631eaef7cadbbc186e30beba2396741d08e03160263dde50a144a4bedbe17c5d6d8e05',
  ],
  ['werkzeug upper hex', 'pbkdf2:sha256:1500$seasalt$7ADEF5B359BC5C9E69B4759D4EBEC748D24A374C3DE7B27E38A8A8E8CB5ACC30'],
  ['passlib scrypt', '$scrypt$ln=10,r=8,p=1$/l+L0ZoTwphzjnFOqdVa6w$f65PG8rURnDPO2EDZMeolEM8ldzh4wIvknw8kLni8QY'],
  ['passlib scrypt r,p', '$scrypt$ln=10,r=4,p=3$t/b+/5/TOkcopbQWQijlHA$weWgJIvKsy4lxznk3bTvzxrllvX1skLoOaAPozmZL5o'],
  ['scrypt $N=', '$scrypt$N=1024,r=8,p=1$l0IX4+hc23j8gP4FcZeTgw==$xaZiBZUUG63cvAYAW2jTqb6c/6Jwymy+LsizqeCLjc0='],
  ['scrypt no p', '$scrypt$ln=10,r=8$l0IX4+hc23j8gP4FcZeTgw$xaZiBZUUG63cvAYAW2jTqb6c/6Jwymy+LsizqeCLjc0'],
  ['scrypt ln only', '$scrypt$ln=10$l0IX4+hc23j8gP4FcZeTgw$xaZiBZUUG63cvAYAW2jTqb6c/6Jwymy+LsizqeCLjc0'],
  ['spring scrypt', '$a0801$l0IX4+hc23j8gP4FcZeTgw==$xaZiBZUUG63cvAYAW2jTqb6c/6Jwymy+LsizqeCLjc0='],
  ['{scrypt} spring', '{scrypt}$a0801$l0IX4+hc23j8gP4FcZeTgw==$xaZiBZUUG63cvAYAW2jTqb6c/6Jwymy+LsizqeCLjc0='],
  [
    '@ spring scrypt',
    '{scrypt@SpringSecurity_v5_8}$a0801$l0IX4+hc23j8gP4FcZeTgw==$xaZiBZUUG63cvAYAW2jTqb6c/6Jwymy+LsizqeCLjc0=',
  ],
  [
    'django scrypt nopad',
    'scrypt$1024$seasalt$8$1$YYRospKNdiwS7AE7+zO0ozfrFhKK5GuCJdhc2CTPBZYsyUI+qlREsKahmIjzIzTpTUeqwfmVMcebsgiUmf9aTQ',
  ],
  [
    'werkzeug scrypt',
    'scrypt:1024:8:1$seasalt$618468b2928d762c12ec013bfb33b4a337eb16128ae46b8225d85cd824cf05962cc9423eaa5444b0a6a19888f32334e94d47aac1f99531c79bb2089499ff5a4d',
  ],
  [
    'better-auth',
    'd2375da0641abae77bed3dec24f66b09:72d151f33b614f8736d4a2e8eb4a635d14c189cab7359b8e947016789dd4619161b8768d24ebd5074868a85afbba4f7246e870b498d49a99f1f255ce05f925bc',
  ],
  [
    'better-auth upper',
    'd2375da0641abae77bed3dec24f66b09:72D151F33B614F8736D4A2E8EB4A635D14C189CAB7359B8E947016789DD4619161B8768D24EBD5074868A85AFBBA4F7246E870B498D49A99F1F255CE05F925BC',
  ],
  [
    'lucia s2',
    's2:abcDEF1234567890:e17b2f4e3543a12361d6eec4a77ef6e37e088222b7c6deccf04b2262fa2ca90019f5fc90c609eeaef0f9fe7e3c733ab49ba138ec84ca75ec2609bfa28adebf4f',
  ],
  [
    'lucia1',
    'abcDEF1234567890:31520d73624510a322481b45c224379684163aeb956bdf29bca28ddf20c6e02c33cd2827d08ff2258e69461c9cd9d6a6c0e24b806db1a9cc9c9851178a2b0bcb',
  ],
  [
    'fb',
    '$fbscrypt$v=1,n=12,r=8,p=1,ss=Bw==,sk=A0rFMhSzssmyRPA736BHLW/9740eHCS8T4hfyi21r9n/zlnuOAdcVWlDxjIGec90g/94FVqRF+150yQ478ZxlA==$PiI82AYIEjMr8wJh$/ZBe/4gfybsd6hYC21bGJ7B4VVDyBz3k02SI/RcGbJordc99MF4FBHkl8y5x2AGYAbKo7GeGcYRMH2ylEOeeRw==',
  ],
  [
    'fb order',
    '$fbscrypt$v=1,r=8,n=12,p=1,sk=A0rFMhSzssmyRPA736BHLW/9740eHCS8T4hfyi21r9n/zlnuOAdcVWlDxjIGec90g/94FVqRF+150yQ478ZxlA==,ss=Bw==$PiI82AYIEjMr8wJh$/ZBe/4gfybsd6hYC21bGJ7B4VVDyBz3k02SI/RcGbJordc99MF4FBHkl8y5x2AGYAbKo7GeGcYRMH2ylEOeeRw==',
  ],
  [
    'fb no v',
    '$fbscrypt$n=12,r=8,p=1,ss=Bw==,sk=A0rFMhSzssmyRPA736BHLW/9740eHCS8T4hfyi21r9n/zlnuOAdcVWlDxjIGec90g/94FVqRF+150yQ478ZxlA==$PiI82AYIEjMr8wJh$/ZBe/4gfybsd6hYC21bGJ7B4VVDyBz3k02SI/RcGbJordc99MF4FBHkl8y5x2AGYAbKo7GeGcYRMH2ylEOeeRw==',
  ],
  [
    'fb no p',
    '$fbscrypt$v=1,n=12,r=8,ss=Bw==,sk=A0rFMhSzssmyRPA736BHLW/9740eHCS8T4hfyi21r9n/zlnuOAdcVWlDxjIGec90g/94FVqRF+150yQ478ZxlA==$PiI82AYIEjMr8wJh$/ZBe/4gfybsd6hYC21bGJ7B4VVDyBz3k02SI/RcGbJordc99MF4FBHkl8y5x2AGYAbKo7GeGcYRMH2ylEOeeRw==',
  ],
  [
    'fb url',
    '$fbscrypt$v=1,n=12,r=8,p=1,ss=Bw==,sk=A0rFMhSzssmyRPA736BHLW_9740eHCS8T4hfyi21r9n_zlnuOAdcVWlDxjIGec90g_94FVqRF-150yQ478ZxlA==$PiI82AYIEjMr8wJh$_ZBe_4gfybsd6hYC21bGJ7B4VVDyBz3k02SI_RcGbJordc99MF4FBHkl8y5x2AGYAbKo7GeGcYRMH2ylEOeeRw==',
  ],
  [
    'fb nopad',
    '$fbscrypt$v=1,n=12,r=8,p=1,ss=Bw,sk=A0rFMhSzssmyRPA736BHLW/9740eHCS8T4hfyi21r9n/zlnuOAdcVWlDxjIGec90g/94FVqRF+150yQ478ZxlA$PiI82AYIEjMr8wJh$/ZBe/4gfybsd6hYC21bGJ7B4VVDyBz3k02SI/RcGbJordc99MF4FBHkl8y5x2AGYAbKo7GeGcYRMH2ylEOeeRw',
  ],
  ['idv2', 'ABSg3/6lwsqySuMee2QJ/TbWO8GA1fS0TetkP+oey6Hg8IiNZVYNuy2DSvwe9Ww2yQ=='],
  ['idv3 sha512', 'AQAAAAIAAAPoAAAAEKI+Q/HwWbcFieWx1w3hTpMmezSVvDPuZaLJMsROTnlpgMag52MqhE7NmbHrcyk3kw=='],
  [
    'idv3 salt32',
    'AQAAAAIAAAPoAAAAIDR+BorSy9xPofgJvxehzyk0NZN/4zOpCLYMNTAC2DuybLzdhUQJh9Hf+zJQQP8+PbTfPfyu0szkKWydy1b7H/Ba05oAWJVCKen/DElCImL2zpPWtw2euDnZDRj3NG4ciw==',
  ],
  ['idv3 nopad', 'AQAAAAEAAAPoAAAAEP5SAaa+6QYTuUQp78yuPbZOzbVYL0AHCzLf1RP9MC4zbYUp94iskRvZjgN8V+LWbg'],
  ['phpass $P$', '$P$668RCCQvfZoKEotpy7AqbRzjsaJo1b.'],
  ['phpass $H$', '$H$6DS.ilDcuGgqJwhhBWl31S9Xd.cRyC/'],
  ['$wp$2b', '$wp$2b$05$CwjSaiENYNiCbOeeN89aIOs1sMVLJCHfN346N0sVZrHCkyz/cV4Mq'],
  ['ldap_salted_sha1', '{SSHA}812fuMuBQJNdcjulVnGQY1B+d2SSkjLm'],
  ['ldap_salted_sha256', '{SSHA256}efnG02DA3Zin2zio7Mx4EKVltpj/7lgWL5TYuAlyi6a3FiJEyPn/Pw=='],
  [
    'ldap_salted_sha512',
    '{SSHA512}0zfjZfRYIx/wDW5i1xUjPEwYFtTGnCVyTT4UuBtVwPROwJu0eRpyw99UygvGkBAIAdEkPNqc/g+VS+Rigb9iddZa610rBUDo',
  ],
  ['{SSHA} nopad', '{SSHA}MPeqO34QHAMK/LBmaFXIaoNM6KfqXUsp'],
  ['{SSHA384}', '{SSHA384}X88DriRgO/usx38GfYJ1DWAKa1CaYZcxK+Hs9Ysr8LHuIIOLzHvdq92tHPMniWRX/3S6qzcjwBg='],
  ['{SSHA-256}', '{SSHA-256}bt1ksxp3UOgiJxRCbAy4L0WsMJPz4m7nU07Cwt4Zwb2XQhfj6FzbePyA/gVxl5OD'],
  [
    'ldap sha512_crypt',
    '{CRYPT}$6$KhZSkrIGF4TD040W$2zmM0ss1lYDdOPblnKuT5i8xRKuwl8stP6IPLyyrnARiv3Ybf8cb1ee3SYZwIGl1/jxNWNOTA9dG0cH.qTbHZ0',
  ],
  [
    '{SHA512-CRYPT}',
    '{SHA512-CRYPT}$6$M9Iy2xCNfPpq.Bq5$n/CAiloH4OuIaYjdZDshqimHYTjykJXAQt3I66SQbco0g/rjjxVE.TfbK10j.xKt4e9ha0Y54hbgiaNdfB9gF/',
  ],
  ['{SHA256-CRYPT}', '{SHA256-CRYPT}$5$YY909a.HgV/nrc/j$tEO/5ti1wbziM0vuz3RLOEXabHPEMv0P6q.VK39hsn4'],
  [
    '$6$ rounds=5000',
    '$6$rounds=5000$abcdefgh$YB7x7UVLjov4gL4UQoGtjd8iFc5EYuXFXypW4EyypompqerPekQJlWUAXOweY.pxaWlojqrGvekUyVgkrmwQU0',
  ],
  [
    '$6$ rounds 100000',
    '$6$rounds=100000$5bto7J.BncmjjHlJ$u4Wk1XZqmlz6fC1qp8StOYhI7jmut3J76ok9ajB4GRizuXEpskyAIlVXvyfsErRZNOp8zSUCuHXUUyxRu9JOr.',
  ],
  [
    'openssl -6',
    '$6$WYzBXOpwQigUYzlT$UhC.cp4ytT43u4hQy6qZjlN3Z2RhXxhPhSvsYOFIpEx.byVPDXIFw4Yjk5NI/FgrWah/yZhWpMGBcJZXnvMQW.\n',
  ],
  ['$6$ odd salt', '$6$a-b_c$Yk3XufFu65CDYXgw2szFbAuYQzPK9UermzJzkbH0lPwmZFj8DphvTxPv1Ag9.TLlXtSRfp3Lw8SOUDqiHqLlw.'],
];

/** crypt(3) of glibc, with passwords of `é` and `x` whose bytes fill the blocks of the digest, or do not. */
const lengths: [number, string][] = [
  [15, '$5$saltstring$Stjg4.J3OU986Y3GgVfxHtpg58ZQvbZWcQgjg9Zkpa/'],
  [15, '$6$saltstring$E8xjCeGRBuTOI0Bj9u25kDu4MP.7zPWlanz9laXm93pNNmRKets1q3tafIQf7O2qF3y5aZpmLLSB/lH1PNHWx/'],
  [31, '$5$saltstring$b7fE/kRE6exJXpPDaMMJSnnSbdGhEoJKShD4g8.bfED'],
  [31, '$6$saltstring$YnQ/rjBFB4H5fRfVSEXc1J/jwa/yvQ2ceJVs6KPNYgwH2qD3ee6jNl4J5rXrQdbFspVjyt/W/ABuodFGaRyjT/'],
  [32, '$5$saltstring$fMQbH2NkKGseOIPkNLI/8IFw/Qtrcmmt33X3kDIbleD'],
  [32, '$6$saltstring$Ha3laCyxty0tHuIbX755bdYvTKIL2tjXnmT/q49agKxnWPq5EgjwkpZgOkEVrEzaEVjXfqVT/H9//4vm/i.1p/'],
  [33, '$5$saltstring$xJdqPSk6n8M4i3oWPDrLtmNCcOytqv8KnSuTmeT1WKD'],
  [33, '$6$saltstring$cXrpLJFFAcqlTmVMZxepIbj7I03FOJ2xDRnuxyUd4BZjv5yUwpMkSwW/9QdfpTuPjEqlwYjroO9xmy54ipicq0'],
  [63, '$5$saltstring$8hqcV/Kdhkn4zEYSINEj9VKwY.EwmqNIcstyEJoGNV7'],
  [63, '$6$saltstring$j0OsmzwfPYoP3gyOTF1zYADkSo5Q8wbDmygIVLwd1KNk5y4zYJhCMmsHsYS7bKl555boyaJHwN9HtxV86ohf.0'],
  [64, '$5$saltstring$imzB1HvCZoOXNEsTKX.2UyeQNSMTpkq0ffBwSGXXRV4'],
  [64, '$6$saltstring$BjMnECp1uGMNUpUuLjkznGCNVvDzYQbQPuZvG4sNepPiVskfSAPe1oMbOtjiyF/tIYst8TNboX2243lx/4oWL0'],
  [65, '$5$saltstring$gZVl/3lY.VZJ51jHxDTUe770lPvYNzAzu5wBCD7pEBD'],
  [65, '$6$saltstring$cfBpfshAGrvXi5faUODfju.jbgQH8iOOxUDdr9QTnAfu384Mo3UIEfIf/DFcMeYAfw0y.0jXOqQNvnzwFFlKq1'],
  [128, '$5$saltstring$6ioPyO2RjvvF5Esp3ePzJAISI/9O5gsLDxplGyTh.eA'],
  [128, '$6$saltstring$iLUx.9wsU4W/oZ8yTVITMqaoDmc25CwMSE97sWSdoZPF3044aPcKFCjYz5m3Pqtf5n9E1YlsQwepZkLHZ7ebL.'],
];

describe('a hash that another tool made', () => {
  it.each(spellings)('is accepted for its password only: %s', async (_, text) => {
    const hash = parseForeignHash(text);
    expect([await hash.verify(password), await hash.verify(`${password}x`)]).toEqual([true, false]);
  });

  it.each(lengths)('by crypt(3) of a password of %d bytes is accepted: %s', async (bytes, text) => {
    const twoByteLetters = Math.floor(bytes / 4);
    const typed = 'é'.repeat(twoByteLetters) + 'x'.repeat(bytes - 2 * twoByteLetters);
    const hash = parseForeignHash(text);
    expect([await hash.verify(typed), await hash.verify(typed.slice(1))]).toEqual([true, false]);
  });

  it.each([
    ['$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/', /MD5 of crypt/],
    ['$apr1$e0nnNsQL$/CCGLHZLjl0co4.ByRwOR.', /MD5 of crypt/],
    ['$y$j9T$abcdefghijklmnop$5vbB2tLzAOMlCi5.ihzVPgGU4R4BQRkrRb/KMyIxo/A', /yescrypt/],
    [`$2x$10$${'a'.repeat(53)}`, /faulty/],
    ['5f4dcc3b5aa765d61d8327deb882cf99', /without a salt/],
    ['{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', /without a salt/],
    ['$fbscrypt$v=2,n=14,r=8,p=1,sk=anhzcHI4S2kwUllyY1ZVOA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9A==', /version/],
    ['$scrypt$ln=10,q=8$c2VhIHNhbHQ$c2VhIHNhbHQgc2VhIHNhbHQ', /parameter other than/],
  ])('that cannot be checked is refused, and the reason says what it is: %s', (text, reason) => {
    expect(() => parseForeignHash(text)).toThrow(UnusableHash);
    expect(() => parseForeignHash(text)).toThrow(reason);
  });
});
