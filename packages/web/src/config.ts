/** What the service says about itself in index.html (src/pages/web-pages.ts). */
export interface PageConfig {
  /** The path of PUBLIC_URL, with a slash at its end. */
  base: string;
  brandName: string;
  /** The app that the pages lead back to, if there is one. */
  brandUrl?: string;
  hasLogo: boolean;
  registrationOpen: boolean;
  sendsMail: boolean;
  hasAdminPages: boolean;
}

const content = document.querySelector<HTMLMetaElement>('meta[name=pawl]')!.content;

export const config = JSON.parse(content) as PageConfig;
