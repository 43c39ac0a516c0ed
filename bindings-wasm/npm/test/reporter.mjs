// Names what failed, and closes with the counts: passing tests are noise in a log of thousands.
export default async function* reporter(source) {
  let [passed, failed] = [0, 0];
  for await (const { type, data } of source) {
    // A test that only holds others is none.
    const holds = data.details?.type === "suite" || data.details?.error?.failureType === "subtestsFailed";
    if (type === "test:stdout" || type === "test:stderr") yield data.message;
    if (type === "test:diagnostic" && data.level !== "info" && !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message)) yield `${data.message}\n`;
    if (holds) continue;
    if (type === "test:pass") {
      if (data.skip !== undefined || data.todo !== undefined) {
        failed++;
        yield `SKIPPED ${data.name}: a test that is skipped proves nothing\n`;
      } else passed++;
    }
    if (type === "test:fail") {
      failed++;
      const error = data.details.error?.cause ?? data.details.error;
      yield `FAILED ${data.file ?? ""} ${data.name}\n${error?.stack ?? error}\n`;
    }
  }
  yield `${passed} passed, ${failed} failed\n`;
}
