import { expect, test, vi } from "vitest";
import type { SavedView, ViewKey } from "../../shared/api-types";

vi.stubGlobal("location", { origin: "https://desk.example" });
const { faultAt, surely } = await import("./asked");
const { ApiError } = await import("./client");
const { scopeOf } = await import("./index");
const saved = [{ id: 1, name: "Refunds", query: "label:«возврат 😀»", sort: "newest" }, { id: 2, name: "All", query: "", sort: "newest" }] as unknown as SavedView[];
const scope = (view: ViewKey): ReturnType<typeof scopeOf> => scopeOf(view, saved, undefined);
/** Where in the filter a fault is said to begin that the server sees in these characters of the whole query. */
const found = (view: ViewKey, wrong: string, length = wrong.length): number | null => {
  const before = scope(view)!.q.split(wrong)[0]!;
  return faultAt(new ApiError(400, "query_no_such", "", "q", { at: length ? [...before].length : 0, length }), view, scope(view));
};

test("what is wrong with a filter is where the filter has it, whatever stands before it", () => {
  expect(found("open~a label:x", "label:x")).toBe(2);
  expect(found("v1~a label:x", "label:x")).toBe(2);
  expect(found("v2~a label:x", "label:x")).toBe(2);
  expect(found("v1~a", "a", 0)).toBe(0);
});

test("what is wrong with the view's own query, and what is no fault of a query, is none of the filter's", () => {
  expect(found("v1~a", "label:")).toBeNull();
  expect(found("v1", "", 0)).toBeNull();
  expect(faultAt(new ApiError(503, "away", ""), "v1~a", scope("v1~a"))).toBeNull();
});

test("a filter that would reach out of the saved view is refused where it does", () => {
  const view: ViewKey = "v1~😀 x) OR (is:open";
  let error: unknown;
  try {
    surely(view, scope(view));
  } catch (raised) {
    error = raised;
  }
  expect(error).toMatchObject({ status: 400, code: "query_unopened" });
  expect(faultAt(error, view, scope(view))).toBe(3);
  for (const fine of ["v1~(x OR is:open)", "v1", "open~x) OR (y"] as ViewKey[]) expect(surely(fine, scope(fine))).toEqual(scope(fine));
  expect(() => surely("v9", scope("v9"))).toThrow(expect.objectContaining({ status: 404 }));
});
