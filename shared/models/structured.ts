/** Structured answers where the provider cannot be given a schema. */

/** Added to the instructions; the word JSON in them is what OpenAI's JSON mode insists on. */
export function jsonInstruction(schema: Record<string, unknown>): string {
  return `\n\nAnswer with one JSON object and nothing else. It must fit this JSON Schema:\n${JSON.stringify(schema)}`;
}
