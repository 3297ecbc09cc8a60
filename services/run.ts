/** The entry of the services: `node services/run.ts run <role…>`, `node services/run.ts start`. */
import './cli/main.ts';
