export default import.meta.glob<string[]>("./{hooks,ops,rules,shifts}/en.json", { query: "?texts", import: "default", eager: true });
