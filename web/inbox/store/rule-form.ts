// A rule as its form has it: made from the server's schema, so that a new field or action needs nothing here.
import type { RuleDefinition, RuleSchema } from "../../shared/api-types";

export type Part = NonNullable<RuleDefinition["condition"]>["parts"][number];
export type Action = RuleDefinition["then"][number];
export type When = RuleDefinition["when"];
type Plain = Record<string, unknown>;
type Spec = RuleSchema["actions"][number];

/** A question about this field, or the first, with nothing answered yet. */
export function fresh(schema: RuleSchema, field: string = "message.text"): Part {
  const spec = schema.fields.find((one) => one.field === field) ?? schema.fields[0];
  return { kind: "test", field: spec?.field, op: spec?.ops[0], name: "", value: spec?.kind === "flag" ? null : [] } as Part;
}

const EMPTY: Record<string, unknown> = { agents: [], teams: [], labels: [], text: "", time: "09:00", number: 1 };

/** An action or a "when" of this sort, with what its inputs begin with. */
export function begun(spec: Spec | undefined, key: "do" | "kind", zone: string): Plain {
  const inputs = (spec?.inputs ?? []).filter((one) => !(one.is_optional && one.kind === "number"));
  const values = inputs.map((one) => [one.name, one.kind === "choice" ? one.choices?.[0] : one.kind === "zone" ? zone : (EMPTY[one.kind] ?? null)]);
  return { [key]: spec?.tag ?? "", ...Object.fromEntries(values) };
}

/** The same with an optional value left out rather than null, where the server asks for that. */
export function put(one: Plain, name: string, value: unknown, isOptional: boolean): Plain {
  const { [name]: _, ...rest } = one;
  return value === null && isOptional && !name.endsWith("_id") ? rest : { ...rest, [name]: value };
}

export function blank(schema: RuleSchema, zone: string): RuleDefinition {
  return {
    when: begun(schema.whens[0], "kind", zone) as When,
    condition: { kind: "all", parts: [fresh(schema)] } as RuleDefinition["condition"],
    then: [begun(schema.actions.find((one) => one.tag === "prioritise") ?? schema.actions[0], "do", zone) as Action],
    most_per_case: 5,
    most_in_all: 500,
  };
}
