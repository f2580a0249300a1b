// @vitest-environment happy-dom
import { h, render } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { later } from "./parts/later";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("a part that does not come is asked for again as long as it is wanted", async () => {
  const load = vi.fn<() => Promise<() => string>>().mockRejectedValueOnce(new TypeError("away")).mockResolvedValue(() => "the form");
  const Form = later(load);
  const box = document.createElement("div");
  render(h(Form, {}), box);
  await vi.advanceTimersByTimeAsync(1000);
  expect([load.mock.calls.length, box.textContent]).toEqual([1, ""]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(box.textContent).toBe("the form");
});

test("a part that nobody wants any more is not asked for again", async () => {
  const load = vi.fn<() => Promise<() => string>>().mockRejectedValue(new TypeError("away"));
  const box = document.createElement("div");
  render(h(later(load), {}), box);
  await vi.advanceTimersByTimeAsync(1000);
  render(null, box);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(load).toHaveBeenCalledOnce();
});
