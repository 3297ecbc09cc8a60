// The first file that a fresh machine runs, with whatever Node it has. It stays in syntax that Node 12 parses, so that
// an old Node ends with a sentence and not with a syntax error; everything else is loaded only after the check.
const oldest = 20;
const major = Number(process.versions.node.split('.')[0]);

if (major < oldest) {
  console.error(
    'tierline: this is Node ' +
      process.versions.node +
      ', and set-up needs Node ' +
      oldest +
      ' or newer.\n' +
      'Install one (for example from https://nodejs.org/en/download) and run the command again.',
  );
  process.exitCode = 1;
} else {
  void import('./setup/main.mjs').then((setup) => setup.main(process.argv.slice(2)));
}
