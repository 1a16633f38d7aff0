// The strict check in front of cron texts.
import { expect } from "chai";
import { localTimesOf } from "../../src/schedules/calendar.ts";
import { CronError, parseCron } from "../../src/schedules/grammar.ts";
import { pick, randomOf, whole } from "./random-cron.ts";
import { costMs } from "../support/cost.ts";

function refusal(text: string): CronError {
  try {
    parseCron(text);
  } catch (error) {
    if (error instanceof CronError) return error;
    throw error;
  }
  throw new Error(`"${text.slice(0, 100)}" was accepted`);
}

describe("cron texts", () => {
  const canonical: readonly (readonly [string, string])[] = [
    ["* * * * *", "0 * * * * *"],
    ["  5   4\t* * *  ", "0 5 4 * * *"],
    ["*/15 9-17 * * mon-fri", "0 */15 9-17 * * 1-5"],
    ["30 */15 9-17 * * 1-5", "30 */15 9-17 * * 1-5"],
    ["0 0 1 JAN,jul *", "0 0 0 1 1,7 *"],
    ["0 0 * * 7", "0 0 0 * * 0"],
    ["0 0 * * sun", "0 0 0 * * 0"],
    ["0 0 * * fri-sun", "0 0 0 * * 5-7"],
    ["0 0 * * 5-7", "0 0 0 * * 5-7"],
    ["0 0 ? * ?", "0 0 0 * * *"],
    ["0 0 */1 * 1", "0 0 0 * * 1"],
    ["05 09 * * *", "0 5 9 * * *"],
    ["0 0 l * *", "0 0 0 L * *"],
    ["0 0 lw * *", "0 0 0 LW * *"],
    ["0 0 1w,15W * *", "0 0 0 1W,15W * *"],
    ["0 0 L,15 * *", "0 0 0 L,15 * *"],
    ["0 0 * * fri#2", "0 0 0 * * 5#2"],
    ["0 0 * * 7#1", "0 0 0 * * 0#1"],
    ["0 0 * * friL", "0 0 0 * * 5L"],
    ["0 0 * * 5l,1#1", "0 0 0 * * 5L,1#1"],
    ["10-30/5,45 * * * *", "0 10-30/5,45 * * * *"],
    ["@yearly", "0 0 0 1 1 *"],
    ["@annually", "0 0 0 1 1 *"],
    ["@monthly", "0 0 0 1 * *"],
    ["@Weekly", "0 0 0 * * 0"],
    ["@daily", "0 0 0 * * *"],
    ["@midnight", "0 0 0 * * *"],
    [" @HOURLY ", "0 0 * * * *"],
    ["0 0 29 2 *", "0 0 0 29 2 *"],
    ["0 0 31 1-3 *", "0 0 0 31 1-3 *"],
    ["0 0 30,L 2 *", "0 0 0 30,L 2 *"],
    ["0 0 30 2 1", "0 0 0 30 2 1"],
  ];
  for (const [text, expected] of canonical) {
    it(`S11, S13: reads ${JSON.stringify(text)}`, () => {
      const expression = parseCron(text);
      expect(expression.canonical).to.equal(expected);
      expect(expression.text).to.equal(text.trim());
      expect(localTimesOf(expression).after(Date.UTC(2027, 0, 1))).to.be.a("number");
    });
  }

  const refused: readonly (readonly [string, string | null, RegExp])[] = [
    ["", null, /empty; allowed are five .* six .* @daily/],
    ["   ", null, /empty/],
    ["* * * *", null, /4 fields; allowed are five/],
    ["*", null, /1 field; allowed/],
    ["0 0 * * * * 2027", null, /7 fields \(there is no field for years\)/],
    ["@reboot", null, /"@reboot" is not known; allowed are @yearly/],
    ["@daily @daily", null, /is not known/],
    ["* * * * *\n* * * * *", null, /9 fields/],
    ["60 * * * *", "minute", /^minute: 60 is out of bounds; allowed is 0-59/],
    ["61 0 * * * *", "second", /^second: 61 is out of bounds/],
    ["* 24 * * *", "hour", /^hour: 24 is out of bounds; allowed is 0-23/],
    ["* * 0 * *", "dayOfMonth", /^day-of-month: 0 is out of bounds; allowed is 1-31/],
    ["* * 32 * *", "dayOfMonth", /32 is out of bounds/],
    ["* * 32W * *", "dayOfMonth", /"32W" is not understood/],
    ["* * * 13 *", "month", /^month: 13 is out of bounds; allowed is 1-12 or jan-dec/],
    ["* * * 0 *", "month", /0 is out of bounds/],
    ["* * * january *", "month", /"january" is not understood/],
    ["* * * * 8", "dayOfWeek", /^day-of-week: 8 is out of bounds; allowed is 0-7/],
    ["* * * * mo", "dayOfWeek", /"mo" is not understood; allowed is 0-7 .* sun-sat/],
    ["* * * * 1#6", "dayOfWeek", /"1#6" is not understood/],
    ["* * * * 1#0", "dayOfWeek", /"1#0" is not understood/],
    ["* * * * L", "dayOfWeek", /"L" is not understood/],
    ["* L * * *", "hour", /"L" is not understood/],
    ["1W * * * *", "minute", /"1W" is not understood/],
    ["* * LW,3 * *", "dayOfMonth", /"LW" stands alone/],
    [
      "* * L-3 * *",
      "dayOfMonth",
      /"L-3", so many days before the last one, is not understood; allowed is .* L \(last day\)/,
    ],
    ["*/0 * * * *", "minute", /the step "0" is not between 1 and 60/],
    ["*/61 * * * *", "minute", /the step "61" is not between 1 and 60/],
    ["*/ * * * *", "minute", /the step ""/],
    ["*/-5 * * * *", "minute", /the step "-5"/],
    ["*/1.5 * * * *", "minute", /the step "1.5"/],
    ["*/5/5 * * * *", "minute", /more than one/],
    ["7/15 * * * *", "minute", /step from a single value; write 7-59\/15/],
    ["/5 * * * *", "minute", /write \*-59|write \*/],
    ["1-2-3 * * * *", "minute", /is not a range/],
    ["-5 * * * *", "minute", /a value is missing/],
    ["5- * * * *", "minute", /a value is missing/],
    ["* 22-2 * * *", "hour", /runs backwards; write 22-23,0-2/],
    ["* * * * fri-mon", "dayOfWeek", /runs backwards; write 5-6,0-1/],
    ["* * * * 6-0", "dayOfWeek", /runs backwards; write 6,0/],
    ["* * * nov-feb *", "month", /runs backwards; write 11-12,1-2/],
    ["1,,2 * * * *", "minute", /nothing on one side of a comma/],
    ["1, * * * *", "minute", /nothing on one side/],
    ["*,5 * * * *", "minute", /"\*" in the list "\*,5" would make/],
    ["? * * * *", "minute", /"\?" is not understood/],
    ["H * * * *", "minute", /"H" is not understood/],
    ["1-10000000 * * * *", "minute", /"10000000" is not understood/],
    ["١ * * * *", "minute", /not understood/],
    ["0x1 * * * *", "minute", /not understood/],
    ["1e1 * * * *", "minute", /not understood/],
    ["+5 * * * *", "minute", /not understood/],
    ["* * * * +1", "dayOfWeek", /not understood/],
    ["constructor * * * *", "minute", /not understood/],
    ["@constructor", null, /not known/],
    ["@__proto__", null, /not known/],
    ["0 0 30 2 *", "dayOfMonth", /never fire: no month of "2" has a day 30; allowed there is a day up to 29/],
    ["0 0 31 4,6,9,11 *", "dayOfMonth", /never fire/],
    ["0 0 30W 2 *", "dayOfMonth", /never fire/],
    ["0 0 30-31 feb *", "dayOfMonth", /never fire/],
  ];
  for (const [text, field, message] of refused) {
    it(`S13: refuses ${JSON.stringify(text)} and says what is allowed`, () => {
      const error = refusal(text);
      expect(error.field).to.equal(field);
      expect(error.message).to.match(message);
    });
  }

  it("S13: tells texts that never fire from texts that are none", () => {
    expect(refusal("0 0 31 2 *").code).to.equal("never_fires");
    expect(refusal("0 0 32 2 *").code).to.equal("cron");
  });

  it("S13: refuses any text of any length in under 5 ms", () => {
    const texts = [
      "x".repeat(1_000_000),
      " ".repeat(1_000_000),
      "* ".repeat(500_000),
      "1,".repeat(49) + "x * * * *",
      `${"9".repeat(100_000)} * * * *`,
      `* * * * ${"1#".repeat(45)}`,
      "1-10000000 * * * *",
      `${"@".repeat(100)}`,
      "0 0 30 2 *",
      "💥".repeat(50),
    ];
    for (const text of texts) {
      const refused = () => expect(() => parseCron(text)).to.throw(CronError);
      expect(costMs(refused, 5), text.slice(0, 40)).to.be.below(5);
    }
  });

  it("S13: never hands on a text that the calendar cannot take, and never shows more than a part of a text", () => {
    const random = randomOf(7);
    const good = [
      "*",
      "0",
      "7",
      "30",
      "59",
      "*/2",
      "1-5",
      "1,2",
      "5L",
      "L",
      "LW",
      "15W",
      "5#2",
      "mon",
      "feb",
      "?",
    ];
    const marks = [..."0123456789*/-,?LW# ", "\t", "sun", "W", "#2", "/0"];
    let accepted = 0;
    for (let i = 0; i < 40_000; i++) {
      const fields = Array.from({ length: pick(random, [5, 5, 5, 6, 6, 4, 7]) }, () => {
        const tail = Array.from({ length: random() < 0.8 ? 0 : whole(random, 1, 3) }, () =>
          pick(random, marks),
        );
        return pick(random, good) + tail.join("");
      });
      const text = fields.join(" ");
      try {
        const expression = parseCron(text);
        accepted++;
        expect(localTimesOf(expression).after(0), text).to.be.a("number");
      } catch (error) {
        expect(error, text).to.be.instanceOf(CronError);
        expect((error as CronError).message.length).to.be.below(400);
      }
    }
    expect(accepted).to.be.above(200);
  });

  it("S11: calls a text fixed only without * and / in second, minute and hour", () => {
    const fixed = (text: string) => parseCron(text).fixed;
    expect(fixed("0 2 * * *")).to.be.true;
    expect(fixed("0,30 2 * * *")).to.be.true;
    expect(fixed("0-30 2-4 * * *")).to.be.true;
    expect(fixed("0 2 */2 * *")).to.be.true;
    expect(fixed("@daily")).to.be.true;
    expect(fixed("*/5 2 * * *")).to.be.false;
    expect(fixed("0 0-6/2 * * *")).to.be.false;
    expect(fixed("0 * * * *")).to.be.false;
    expect(fixed("* 0 2 * * *")).to.be.false;
    expect(fixed("*/1 2 * * *")).to.be.false;
  });

  it("S11: knows when both day fields are restricted, so that either one is enough", () => {
    expect(parseCron("0 0 13 * 5").eitherDay).to.be.true;
    expect(parseCron("0 0 */2 * 1").eitherDay).to.be.true;
    expect(parseCron("0 0 13 * *").eitherDay).to.be.false;
    expect(parseCron("0 0 ? * 5").eitherDay).to.be.false;
    expect(parseCron("0 0 */1 * 5").eitherDay).to.be.false;
  });
});
