export { default as refusals } from "./refusals/zh.json";
export default import.meta.glob<string[]>("./{hooks,ops,rules,shifts}/zh.json", { query: "?texts", import: "default", eager: true });
