// What texts.ts makes of a table of words.
declare module "*.json?texts" {
  const texts: string[];
  export default texts;
}
