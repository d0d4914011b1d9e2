// Two people and a chat, in a real Chromium. The page is examples/chat/public, the contract examples/chat/README.md.
import assert from "node:assert/strict";
import { test } from "node:test";
import { useHouse } from "./support/house.mjs";

const house = useHouse();

test("SD-05 messages go both ways between two windows", house(async ({ open }) => {
  const ada = await (await open()).enter("Ada");
  const grace = await (await open()).enter("Grace");
  await ada.say("Is this thing on?");
  await grace.sees("Is this thing on?");
  await grace.say("Loud and clear.");
  await ada.sees("Loud and clear.");
  await ada.seesSent("Is this thing on?");
  assert.equal(await ada.page.locator("#log .message:not(.own) .author").textContent(), "Grace");
  assert.deepEqual(await ada.texts(), await grace.texts());
}));

test("SD-05 a room change moves a person, the counts follow, and the history waits in the room", house(async ({ open }) => {
  const ada = await (await open()).enter("Ada");
  const grace = await (await open()).enter("Grace");
  await ada.seesCount("lobby", 2);
  await grace.openRoom("garden");
  await ada.seesCount("lobby", 1);
  await ada.seesCount("garden", 1);
  await grace.say("Roses are out.");
  await grace.seesSent("Roses are out.");
  await ada.say("Only for the lobby.");
  await ada.seesSent("Only for the lobby.");
  assert.deepEqual(await ada.texts(), ["Only for the lobby."]);
  assert.deepEqual(await grace.texts(), ["Roses are out."]);

  await ada.openRoom("garden");
  await ada.sees("Roses are out.");
  await grace.seesCount("garden", 2);
  await grace.page.locator("#log .notice", { hasText: "Ada joined" }).waitFor();
}));

test("SD-05 a new room comes with its first guest and goes with the last", house(async ({ open }) => {
  const ada = await (await open()).enter("Ada");
  const grace = await (await open()).enter("Grace");
  await ada.page.fill("#new-room-name", "Rust & C++ ");
  await ada.page.press("#new-room-name", "Enter");
  await grace.seesCount("rust-c", 1);
  await ada.openRoom("lobby");
  await grace.page.locator('#rooms [data-key="rust-c"]').waitFor({ state: "detached" });
}));

test("SD-05 the last fifty messages wait for whoever joins", house(async ({ open }) => {
  const ada = await (await open()).enter("Ada");
  for (let i = 1; i <= 55; i++) await ada.say(`line ${i}`);
  await ada.seesSent("line 55");
  const grace = await (await open()).enter("Grace");
  await grace.sees("line 55");
  assert.deepEqual(await grace.texts(), Array.from({ length: 50 }, (_, i) => `line ${i + 6}`));
}));

test("SD-05 whoever leaves gives the nickname back", house(async ({ open }) => {
  const ada = await (await open()).enter("Ada");
  const other = await open();
  await other.page.fill("#nickname", "ADA");
  await other.page.click("#enter");
  await other.page.locator("#join-error", { hasText: "already in use" }).waitFor();
  await other.screenshot("door-nickname-taken");
  await ada.page.click("#leave");
  await ada.page.locator("#door").waitFor();
  await other.page.click("#enter");
  await other.page.locator("#house").waitFor();
}));

test("SD-07 the others see who is typing, until the message is there", house(async ({ open }) => {
  const ada = await (await open()).enter("Ada");
  const grace = await (await open()).enter("Grace");
  await grace.typesUntil(() => ada.page.locator("#typing.on", { hasText: "Grace is typing" }).isVisible());
  await ada.screenshot("typing");
  await grace.page.press("#text", "Enter");
  await ada.page.locator("#log .message").waitFor();
  await ada.page.locator("#typing:not(.on)").waitFor();

  await grace.typesUntil(() => ada.page.locator("#typing.on").isVisible());
  await grace.page.fill("#text", "");
  await ada.page.locator("#typing:not(.on)").waitFor();
}));

test("SD-06 a private message reaches one person only", house(async ({ open }) => {
  const ada = await (await open()).enter("Ada");
  const grace = await (await open()).enter("Grace");
  const linus = await (await open()).enter("Linus");
  await ada.openPerson("Grace");
  await ada.say("Lunch?");
  await grace.page.locator('#people [data-key="Ada"] .badge', { hasText: "1" }).waitFor();
  assert.match(await grace.page.title(), /^\(1\)/);
  await grace.screenshot("private-unread");
  await grace.openPerson("Ada");
  await grace.sees("Lunch?");
  await grace.say("At one.");
  await ada.sees("At one.");
  await ada.seesSent("Lunch?");
  await ada.screenshot("private");

  await grace.openRoom("lobby");
  await grace.say("After the whisper");
  await linus.sees("After the whisper"); // whatever was on its way to Linus before is there now
  assert.deepEqual(await linus.texts(), ["After the whisper"]);
  assert.equal(await linus.page.locator("#people .badge").count(), 0);
}));

test("SD-06 a private message to somebody who is gone says so and can be sent again", house(async ({ server, open }) => {
  const ada = await (await open()).enter("Ada");
  const grace = await (await open()).enter("Grace");
  await ada.openPerson("Grace");
  await grace.page.click("#leave");
  await ada.page.locator("#subtitle", { hasText: "Offline" }).waitFor();
  await ada.say("Too late?");
  await ada.page.locator("#log .failure", { hasText: "not online" }).waitFor();
  await ada.screenshot("private-offline");
  const again = await (await open({}, server.url)).enter("Grace");
  await ada.page.locator("#subtitle", { hasText: "Only the two of you" }).waitFor();
  await ada.page.click("#log .failure >> text=Try again");
  await ada.seesSent("Too late?");
  await again.openPerson("Ada");
  await again.sees("Too late?");
}));

test("SD-08 two tabs are one person, and both get the private messages", house(async ({ server, open }) => {
  const ada = await (await open()).enter("Ada");
  const tab = await (await ada.anotherTab(server.url)).enter("Ada");
  const grace = await (await open()).enter("Grace");
  await grace.seesCount("lobby", 2);
  assert.equal(await grace.page.locator("#people .row").count(), 1);
  await grace.openPerson("Ada");
  await grace.say("Psst");
  await grace.seesSent("Psst");
  for (const window of [ada, tab]) {
    await window.openPerson("Grace");
    await window.sees("Psst");
  }
  await ada.say("Here.");
  await tab.sees("Here.");
  assert.deepEqual(tab.errors, []);
}));

test("SD-29 HTML in messages and names stays text", house(async ({ open }) => {
  const evil = '<img src=x onerror="document.title=`pwned`"><script>document.title="pwned"</script><b>bold</b>';
  const ada = await (await open()).enter("<b>Ada</b> & co");
  const grace = await (await open()).enter("Grace");
  await ada.say(evil);
  await grace.sees(evil);
  assert.deepEqual(await grace.texts(), [evil]);
  assert.equal(await grace.page.locator("#log .text *").count(), 0);
  assert.equal(await grace.page.locator("#log img, #log script, #log b, #people b").count(), 0);
  assert.equal(await grace.page.locator("#log .author").textContent(), "<b>Ada</b> & co");
  await grace.say("https://example.org/?a=<b> and javascript:alert(1)");
  await ada.page.locator("#log a").waitFor();
  assert.deepEqual(await ada.page.locator("#log a").evaluateAll((all) => all.map((a) => a.href)), ["https://example.org/?a="]);
  await grace.screenshot("html-stays-text");
  assert.notEqual(await grace.page.title(), "pwned");
}));

test("SD-29 the policy of the page forbids what a slip of ours would allow", house(async ({ open }) => {
  const ada = await (await open()).enter("Ada");
  const ran = await ada.page.evaluate(() => {
    const outcomes = [];
    try {
      document.body.innerHTML += "<p>hole</p>";
      outcomes.push("innerHTML");
    } catch { /* Trusted Types */ }
    const script = document.createElement("script");
    try {
      script.textContent = "document.title = 'inline'";
      document.body.append(script);
    } catch { /* Trusted Types */ }
    if (document.title === "inline") outcomes.push("inline script");
    return outcomes;
  });
  assert.deepEqual(ran, []);
  assert.notEqual(ada.errors.length, 0); // the violations were reported
  ada.errors.length = 0;
}));

test("a reload stays in the room, and the keyboard alone is enough", house(async ({ open }) => {
  const ada = await open();
  await ada.page.locator('#room-choice input[value="garden"]').waitFor({ state: "attached" });
  assert.equal(await ada.page.evaluate(() => document.activeElement.id), "nickname");
  await ada.page.keyboard.type("Ada");
  await ada.page.keyboard.press("Tab");
  assert.equal(await ada.page.evaluate(() => document.activeElement.name), "room");
  await ada.page.locator('#room-choice input[value="garden"]').focus();
  await ada.page.keyboard.press("Space");
  await ada.page.keyboard.press("Enter");
  await ada.page.locator("#title", { hasText: "#garden" }).waitFor();
  await ada.page.keyboard.type("no mouse here"); // the message field has the focus
  await ada.page.keyboard.press("Shift+Enter");
  await ada.page.keyboard.type("and a second line");
  await ada.page.keyboard.press("Enter");
  await ada.seesSent("no mouse here\nand a second line");
  await ada.page.reload();
  await ada.page.locator("#title", { hasText: "#garden" }).waitFor();
  await ada.sees("no mouse here\nand a second line");
  assert.equal(await ada.page.locator("#log .message.own").count(), 1);
}));
