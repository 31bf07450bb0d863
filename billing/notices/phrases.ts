/** What programs name by a code (`purpose`, `reason`), in the words of people. What has no phrase is text already. */
type Phrases = Readonly<Record<string, Readonly<Record<string, string>>>>;

const PHRASES: Readonly<Record<string, Phrases>> = {
  purpose: {
    'subscription-debit': { en: 'your subscription', hi: 'आपकी सदस्यता' },
    invoice: { en: 'your invoice', hi: 'आपके बिल' },
  },
  // Classes of declines (core/decline-reasons.ts).
  reason: {
    funds: { en: 'there was not enough money in the account', hi: 'खाते में पर्याप्त राशि नहीं थी' },
    technical: { en: 'the payment network was not available', hi: 'भुगतान नेटवर्क उपलब्ध नहीं था' },
    limit: { en: 'a limit of the account was reached', hi: 'खाते की सीमा पूरी हो गई थी' },
    'payer-action': { en: 'it was not approved', hi: 'इसे स्वीकृति नहीं मिली' },
    instrument: { en: 'the account or card cannot be used', hi: 'इस खाते या कार्ड का उपयोग नहीं हो सकता' },
    mandate: { en: 'the mandate is no longer accepted', hi: 'मैंडेट अब मान्य नहीं है' },
    risk: { en: 'it was declined for safety', hi: 'सुरक्षा के लिए मना किया गया' },
    undisclosed: { en: 'no reason was given', hi: 'कोई कारण नहीं बताया गया' },
  },
};

export function phraseOf(name: string, code: string, language: string): string {
  const known = PHRASES[name]?.[code];
  return known?.[language] ?? known?.['en'] ?? code;
}
