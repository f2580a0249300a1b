// What texts.ts makes of a table of words.
declare module "*.json?texts" {
  const texts: string[];
  export default texts;
}

/** English's keys; in unit tests, where nothing is fetched, with its texts. */
declare module "*.json?keys" {
  const english: { keys: string[]; texts?: string[] };
  export default english;
}
