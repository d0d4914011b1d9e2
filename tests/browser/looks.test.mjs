// How it looks: desktop and phone, light and dark, with a conversation that has a bit of everything. The pictures go to
// artifacts/browser/ for a person to look at; what a machine can see of a good layout is asserted.
import assert from "node:assert/strict";
import { test } from "node:test";
import axe from "axe-core";
import { desktop, phone } from "./support/browser.mjs";
import { useHouse } from "./support/house.mjs";
import { landscape } from "./support/pictures.mjs";

const house = useHouse();

// Ada's window is the one that is looked at; Grace and Linus fill it.
async function conversation(open, options) {
  const ada = await (await open(options)).enter("Ada");
  const grace = await (await open()).enter("Grace");
  const linus = await (await open()).enter("Linus");
  await grace.say("Good morning! Has anybody seen the numbers from last night?");
  await ada.sees("Good morning! Has anybody seen the numbers from last night?");
  await grace.say("I mean the ones with ten thousand subscribers.");
  await ada.sees("I mean the ones with ten thousand subscribers.");
  await ada.say("Yes. Better than I hoped: https://example.org/bench?run=12");
  await ada.seesSent("Better than I hoped");
  await linus.sees("I mean the ones with ten thousand subscribers.");
  await linus.say("Nice. I was out, this is what I did instead.");
  await ada.sees("Nice. I was out, this is what I did instead.");
  await linus.page.setInputFiles("#file", { name: "hills.png", mimeType: "image/png", buffer: landscape(480, 300) });
  await linus.page.locator("#tray").waitFor();
  await linus.say("Almost no wind.");
  await ada.sees("Almost no wind.");
  await ada.say("Now I want to be there too. Tomorrow, the three of us, no excuses?");
  await ada.seesSent("Now I want to be there too.");
  await linus.openPerson("Ada");
  await linus.say("I will bring the tea.");
  await linus.seesSent("I will bring the tea.");
  await ada.page.locator("#log .picture img").evaluate((img) => img.decode());
  await grace.typesUntil(() => ada.page.locator("#typing.on").isVisible());
  return { ada, grace, linus };
}

const inside = (page) => page.evaluate(() => {
  const wide = document.documentElement.scrollWidth > innerWidth;
  const foot = document.querySelector("#composer").getBoundingClientRect();
  const log = document.querySelector("#log");
  return { wide, footVisible: foot.bottom <= innerHeight && foot.top > 0,
    atEnd: log.scrollHeight - log.scrollTop - log.clientHeight < 2,
    bubblesInside: [...log.querySelectorAll(".bubble, .picture")].every((bubble) => {
      const { left, right } = bubble.getBoundingClientRect();
      const edge = parseFloat(getComputedStyle(log).paddingRight);
      return left >= log.getBoundingClientRect().left + edge && right <= log.getBoundingClientRect().right - edge + 1;
    }) };
});
const good = { wide: false, footVisible: true, atEnd: true, bubblesInside: true };

for (const colorScheme of ["light", "dark"]) {
  test(`the desktop in ${colorScheme}`, house(async ({ open }) => {
    const door = await open({ ...desktop, colorScheme });
    await door.page.locator("#room-choice .chip").first().waitFor();
    await door.screenshot(`desktop-${colorScheme}-door`);
    const { ada } = await conversation(open, { ...desktop, colorScheme });
    await ada.screenshot(`desktop-${colorScheme}`);
    assert.deepEqual(await inside(ada.page), good);
  }));

  test(`a phone in ${colorScheme}`, house(async ({ open }) => {
    const door = await open({ ...phone, colorScheme });
    await door.page.locator("#room-choice .chip").first().waitFor();
    await door.screenshot(`phone-${colorScheme}-door`);
    const { ada } = await conversation(open, { ...phone, colorScheme });
    await ada.page.locator("#menu-badge", { hasText: "1" }).waitFor();
    await ada.screenshot(`phone-${colorScheme}`);
    assert.deepEqual(await inside(ada.page), good);
    await ada.page.tap("#menu");
    await ada.page.locator(".drawer-open #rooms").waitFor();
    await ada.screenshot(`phone-${colorScheme}-drawer`);
    assert.equal(await ada.page.locator("#main").evaluate((main) => main.inert), true);
    await ada.page.locator('#people [data-key="Linus"]').tap();
    await ada.sees("I will bring the tea.");
    assert.equal(await ada.page.locator("#main").evaluate((main) => main.inert), false);
    await ada.screenshot(`phone-${colorScheme}-private`);
    await ada.page.tap("#menu");
    await ada.page.keyboard.press("Escape");
    await ada.page.locator(".drawer-open").waitFor({ state: "detached" });
    assert.deepEqual(await inside(ada.page), good);
  }));
}

test("long words, long names and many lines stay inside a small phone", house(async ({ open }) => {
  const ada = await (await open({ ...phone, viewport: { width: 320, height: 568 } })).enter("Ada");
  const long = await (await open()).enter("Wolfeschlegelsteinha");
  await long.say("a".repeat(400));
  await long.say("https://example.org/" + "path/".repeat(60));
  await long.say("lines\n".repeat(30) + "end");
  await ada.sees("a".repeat(400));
  await ada.page.locator("#log .text", { hasText: "end" }).waitFor();
  await ada.page.fill("#text", "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten");
  assert.deepEqual(await inside(ada.page), good);
  await ada.screenshot("phone-small");
}));

test("whoever reads further up stays there and is told of new messages", house(async ({ open }) => {
  const ada = await (await open()).enter("Ada");
  const grace = await (await open()).enter("Grace");
  for (let i = 1; i <= 30; i++) await grace.say(`line ${i}`);
  await ada.sees("line 30");
  await ada.page.locator("#log").evaluate((log) => (log.scrollTop = 0));
  const place = await ada.message("line 1").boundingBox();
  await grace.say("news");
  await ada.page.locator("#newer").waitFor();
  assert.deepEqual(await ada.message("line 1").boundingBox(), place);
  await ada.screenshot("desktop-new-messages");
  await ada.page.click("#newer");
  assert.deepEqual(await inside(ada.page), good);
  assert.equal(await ada.page.locator("#newer").isVisible(), false);
}));

for (const colorScheme of ["light", "dark"]) {
  test(`no accessibility fault that axe can find, in ${colorScheme}`, house(async ({ open }) => {
    const faults = async (person, where) => {
      await person.page.evaluate(axe.source);
      const { violations } = await person.page.evaluate(() => window.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => `${where}: ${id} at ${nodes.map((n) => n.target).join(", ")}`), []);
    };
    const door = await open({ ...phone, colorScheme });
    await door.page.locator("#room-choice .chip").first().waitFor();
    await faults(door, "door");
    const { ada, grace } = await conversation(open, { ...desktop, colorScheme });
    await faults(ada, "house");
    await grace.page.click("#leave");
    await ada.openPerson("Linus");
    await faults(ada, "private conversation");
    await door.enter("Dorothy");
    await door.page.tap("#menu");
    await faults(door, "drawer");
  }));
}
