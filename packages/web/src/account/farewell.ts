/** Whether the account was deleted on this page a moment ago: the next page says so, once. */
let isDeleted = false;

export function noteDeletion(): void {
  isDeleted = true;
}

export function takeDeletion(): boolean {
  const taken = isDeleted;
  isDeleted = false;
  return taken;
}
