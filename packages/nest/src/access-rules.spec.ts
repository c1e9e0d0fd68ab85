import { accessRulesOf } from './access-rules.js';
import { Public } from './decorators/public.js';
import { RequireAuth } from './decorators/require-auth.js';
import { Roles } from './decorators/roles.js';
import { Scopes } from './decorators/scopes.js';

class Plain {
  bare() {}
  @Public() open() {}
  @Roles('admin', 'editor') ofRoles() {}
  @Public() @Roles('admin') contradicting() {}
}

@Public()
class Open {
  bare() {}
  @Scopes('orders:read') scoped() {}
}

@Roles('admin')
@RequireAuth({ acr: 'aal2' })
class OfAdmins {
  bare() {}
  @Public() open() {}
  @Roles('editor') ofEditors() {}
}

class Inheriting extends OfAdmins {}
@Public()
class OpenAgain extends Plain {}

function rulesOf(owner: new () => object, handler: string) {
  const method = (owner.prototype as Record<string, () => void>)[handler]!;
  return accessRulesOf({ getHandler: () => method, getClass: () => owner as never });
}

describe('accessRulesOf', () => {
  it.each([
    ['closed without a decorator', Plain, 'bare', { isPublic: false }],
    ['open by the handler', Plain, 'open', { isPublic: true }],
    ['open by the class', Open, 'bare', { isPublic: true }],
    ['closed by the handler in an open class', Open, 'scoped', { isPublic: false, scopes: ['orders:read'] }],
    ['closed if one handler says both', Plain, 'contradicting', { isPublic: false, roles: ['admin'] }],
    ['for any of several roles', Plain, 'ofRoles', { isPublic: false, roles: ['admin', 'editor'] }],
    ['by the class', OfAdmins, 'bare', { isPublic: false, roles: ['admin'], auth: { acr: 'aal2' } }],
    ['open in a closed class', OfAdmins, 'open', { isPublic: true }],
    ['by the handler over the class', OfAdmins, 'ofEditors', { roles: ['editor'], auth: { acr: 'aal2' } }],
    ['by the class that is inherited', Inheriting, 'bare', { isPublic: false, roles: ['admin'] }],
    ['of an inherited handler by the class that is called', OpenAgain, 'bare', { isPublic: true }],
  ] as const)('%s', (_, owner, handler, expected) => {
    expect(rulesOf(owner, handler)).toMatchObject(expected);
    expect(rulesOf(owner, handler)).toBe(rulesOf(owner, handler));
  });

  it('keeps the rules of one inherited handler apart by class', () => {
    expect(rulesOf(Plain, 'bare').isPublic).toBe(false);
    expect(rulesOf(OpenAgain, 'bare').isPublic).toBe(true);
  });
});
