// What texts.ts makes of a table of words.
declare module "*.json?texts" {
  const texts: string[];
  export default texts;
}

declare module "*.json?keys" {
  const keys: string[];
  export default keys;
}
