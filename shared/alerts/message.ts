/** The body of an alert, as Standard Webhooks has it; the text at the top is what chat programs such as Slack show. */
import type { AlertMessage } from './book.ts';
import { idOf } from './condition.ts';
import type { ConditionKind } from './condition.ts';

const over: Record<ConditionKind, (subject: string) => string> = {
  breaker_open: (model) => `Model ${model} is called again`,
  model_unknown: (model) => `Model ${model} is called again`,
  provider_down: (provider) => `Provider ${provider} is called again`,
  key_refused: (provider) => `Provider ${provider} takes the key again`,
  quota_exhausted: (provider) => `Provider ${provider} answers again`,
  dead_letters: (queue) => `No more dead letters on ${queue}`,
  deadline_near: (tier) => `No ticket of ${tier} is near its deadline`,
  configuration_refused: () => 'No process refuses its configuration any more',
  destination_disabled: (destination) => `Destination ${destination} gets deliveries again`,
  destination_failing: (destination) => `Deliveries get through to destination ${destination} again`,
};

/** `system` is the key prefix: which system it is, where one receiver hears of several. */
export function bodyOf(message: AlertMessage, system: string): string {
  const { type, condition, madeMs } = message;
  const { kind, subject, severity } = condition;
  const firing = type === 'alert.raised';
  const title = firing ? condition.title : over[kind](subject);
  const since = new Date(message.sinceMs).toISOString();
  const until = message.untilMs === null ? null : new Date(message.untilMs).toISOString();
  const text = firing
    ? condition.text
    : `It began at ${since} and was last seen at ${until}: ${condition.title}.`;
  return JSON.stringify({
    type,
    timestamp: new Date(madeMs).toISOString(),
    text: `Tierline ${firing ? severity : 'resolved'}: ${title}. ${text}`,
    data: {
      id: idOf(condition),
      condition: kind,
      subject,
      severity,
      title,
      text,
      since,
      until,
      firing,
      system,
    },
  });
}
