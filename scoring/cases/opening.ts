/**
 * How a case begins: one row beside its decision, written by the statement that writes the decision, so that no payment
 * is put before a person and then forgotten. The id follows from the decision's, so opening twice opens once.
 */

/** @param decisions a relation in SQL with decision_id, payment_id and opened_at. */
export function openCasesSql(decisions: string): string {
  return `INSERT INTO cases (case_id, decision_id, payment_id, opened_at, changed_at)
    SELECT replace(decision_id, 'dec_', 'case_'), decision_id, payment_id, opened_at, opened_at
    FROM ${decisions} ON CONFLICT (case_id) DO NOTHING`;
}
