/** The classifier's pool. */
import type { App, Running } from '../../shared/app.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { classifyQueue } from '../../shared/stages.ts';
import { startStage } from '../../shared/work.ts';
import { classifyStage } from './classify.ts';
import { createLabeller } from './labeller.ts';

/** Classifying waits for a small model most of the time; its local part takes well under a millisecond. */
const concurrency = 50;

export async function start(app: App): Promise<Running> {
  let builtFrom: Runtime = app.runtime();
  let labeller = await createLabeller(builtFrom.config);
  const current = () => {
    const runtime = app.runtime();
    if (runtime !== builtFrom) {
      // The next ticket gets the old labels at worst; the new ones are in place a moment later.
      builtFrom = runtime;
      createLabeller(runtime.config).then(
        (built) => (labeller = built),
        (error: unknown) => app.log.error({ err: error }, 'labeller.failed'),
      );
    }
    return labeller;
  };
  return startStage(app, classifyStage(app, current), {
    queues: { live: classifyQueue('live'), backlog: classifyQueue('backlog') },
    concurrency,
  });
}
