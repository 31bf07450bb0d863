import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { html, markupOf } from '../../reporting/html.js';

describe('html', () => {
  it('escapes text in elements and in quoted attributes', () => {
    const hostile = `"><script>alert('x')</script>&`;
    expect(markupOf(html`<a title="${hostile}">${hostile}</a>`)).toBe(
      '<a title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;">' +
        '&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;</a>',
    );
  });

  it('keeps nested html, joins lists and leaves out null, undefined and false', () => {
    const items = [1, 2n, null, false as const, undefined, html`<b>${'&'}</b>`];
    expect(markupOf(html`<p>${items}</p>`)).toBe('<p>12<b>&amp;</b></p>');
  });

  it('lets no text make an element, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(markupOf(html`${text}`)).not.toMatch(/[<>"']/);
      }),
    );
  });

  it('does not take an object for markup because it looks like it', () => {
    const forged = JSON.parse('{"markup":"<script>"}') as never;
    expect(() => markupOf(html`${forged}`)).toThrow();
  });
});
