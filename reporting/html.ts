/**
 * HTML as a value. Whatever is put into the template is escaped unless it is itself `Html`, and there is no other way
 * to make `Html`: text from a merchant, a payer or an attacker cannot become markup (OWASP XSS prevention, rules 1 and 2).
 * Attribute values must be quoted in the template.
 */
const MARKUP = Symbol('markup');

export interface Html {
  readonly [MARKUP]: string;
}

/** Null, undefined and false leave nothing; arrays are joined. */
export type Child = Html | string | number | bigint | false | null | undefined | readonly Child[];

export function html(strings: TemplateStringsArray, ...children: readonly Child[]): Html {
  let markup = strings[0] ?? '';
  for (const [index, child] of children.entries()) markup += render(child) + (strings[index + 1] ?? '');
  return { [MARKUP]: markup };
}

export function markupOf(page: Html): string {
  return page[MARKUP];
}

function render(child: Child): string {
  if (child === null || child === undefined || child === false) return '';
  if (typeof child !== 'object') return escape(String(child));
  return MARKUP in child ? child[MARKUP] : child.map(render).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
