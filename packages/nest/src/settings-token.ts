/** Injects the complete options: see `PawlSettings`. */
export const SETTINGS = Symbol('pawl:settings');
