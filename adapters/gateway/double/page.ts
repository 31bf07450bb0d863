/** The double's few pages: plain HTML, everything from outside escaped. */

export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

export function hidden(fields: URLSearchParams, names: readonly string[]): string {
  return names
    .filter((name) => fields.has(name))
    .map((name) => `<input type="hidden" name="${name}" value="${escape(fields.get(name) ?? '')}">`)
    .join('');
}

/** @param body markup, escaped already. */
export function document(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>body{font:16px/1.5 system-ui;max-width:28rem;margin:2rem auto;padding:0 1rem}form{margin:1rem 0;padding:1rem;border:1px solid #ccc}button{padding:.4rem 1rem}</style>
<h1>${escape(title)}</h1><p>Test payment: no money moves.</p>${body}</html>`;
}
