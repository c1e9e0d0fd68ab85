import type { Locale } from '../common/locale.js';

interface HomeWords {
  title: string;
  opening: string;
  account: string;
  admin: string;
  token: string;
  swagger: string;
  openapi: string;
  emails: string;
  metadata: string;
  ready: string;
  getAdmin: string;
}

/** What the page at `/` says, as HTML. */
export const homeWords: Readonly<Record<Locale, HomeWords>> = {
  en: {
    title: 'Pawl is running',
    opening: 'This is an authentication service. People sign in through the application that uses it.',
    account: '<a href="account">Your account</a>: sign in, register, and change it',
    admin: '<a href="admin">Administration</a>: users, clients, audit trail, status',
    token: '<a href="token">What is in a token</a>, read in the page itself',
    swagger: '<a href="docs">Swagger UI</a>, to try every call',
    openapi: '<a href="docs-json">The OpenAPI document</a>',
    emails: '<a href="dev/mail">The emails</a> sent so far',
    metadata:
      '<a href=".well-known/oauth-authorization-server">The metadata</a> and <a href=".well-known/jwks.json">the keys</a>, for services that verify tokens',
    ready: '<a href="health/ready">Whether the service is ready</a>',
    getAdmin:
      'To get an admin, register and then run <code>npm run users -- role EMAIL admin</code>, or set ADMIN_EMAIL and ADMIN_PASSWORD.',
  },
  ko: {
    title: 'Pawl이 실행 중입니다',
    opening: '인증 서비스입니다. 사용자는 이 서비스를 쓰는 앱에서 로그인합니다.',
    account: '<a href="account">내 계정</a>: 로그인, 가입, 계정 변경',
    admin: '<a href="admin">관리</a>: 사용자, 클라이언트, 감사 기록, 상태',
    token: '<a href="token">토큰 내용 보기</a>: 토큰은 페이지 밖으로 나가지 않습니다',
    swagger: '<a href="docs">Swagger UI</a>: 모든 API를 호출해 볼 수 있습니다',
    openapi: '<a href="docs-json">OpenAPI 문서</a>',
    emails: '<a href="dev/mail">지금까지 보낸 이메일</a>',
    metadata:
      '토큰을 검증하는 서비스를 위한 <a href=".well-known/oauth-authorization-server">메타데이터</a>와 <a href=".well-known/jwks.json">키</a>',
    ready: '<a href="health/ready">서비스 준비 상태</a>',
    getAdmin:
      '관리자를 만들려면 가입한 뒤 <code>npm run users -- role EMAIL admin</code>을 실행하거나 ADMIN_EMAIL과 ADMIN_PASSWORD를 설정하세요.',
  },
};
