// What stands behind the login of the Admin UI: hashes, tries, sessions. Rows AU-01, AU-02.
#include "server/admin/bcrypt.hpp"
#include "server/admin/failed_logins.hpp"
#include "server/admin/password_thread.hpp"
#include "socketio/admin.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>

namespace socketio::admin {
namespace {

using namespace std::chrono_literals;

// Made by bcryptjs 2.4.3 of "correct horse".
const std::string hash = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";

// AU-02
TEST(Bcrypt, KnowsAHashByItsForm) {
  EXPECT_EQ(bcrypt_cost(hash), 4);
  EXPECT_EQ(bcrypt_cost("$2a$10" + hash.substr(6)), 10);
  EXPECT_EQ(bcrypt_cost("$2y$31" + hash.substr(6)), 31);
  for (const std::string& bad :
       {std::string(), std::string("secret"), hash + "x", hash.substr(1), "$2x" + hash.substr(3),
        "$1b" + hash.substr(3), "$2b$03" + hash.substr(6), "$2b$32" + hash.substr(6),
        "$2b$1x" + hash.substr(6), hash.substr(0, 59) + "$",
        hash.substr(0, 6) + "_" + hash.substr(7)})
    EXPECT_EQ(bcrypt_cost(bad), 0) << bad;
  for (std::size_t length = 0; length < hash.size(); length++)
    EXPECT_EQ(bcrypt_cost(hash.substr(0, length)), 0) << length;
}

// AU-01
TEST(Bcrypt, KnowsThePassword) {
  EXPECT_TRUE(bcrypt_matches("correct horse", hash));
  EXPECT_TRUE(bcrypt_matches("correct horse", "$2a" + hash.substr(3)));
  EXPECT_TRUE(bcrypt_matches("correct horse", "$2y" + hash.substr(3)));
  for (const std::string& wrong :
       {std::string(), std::string("correct hors"), std::string("correct horse "),
        std::string("correct horse\0", 14), std::string("correct horse\0x", 15),
        std::string(600, 'a')})
    EXPECT_FALSE(bcrypt_matches(wrong, hash)) << wrong.size();
}

TEST(Bcrypt, ComparesWhole) {
  EXPECT_TRUE(same_text("", ""));
  EXPECT_TRUE(same_text("ann", "ann"));
  for (const char* other : {"", "a", "an", "bnn", "anx", "anna", "annann"})
    EXPECT_FALSE(same_text("ann", other)) << other;
  EXPECT_FALSE(same_text("", "ann"));
  EXPECT_FALSE(same_text("annann", "ann"));
}

// What it tells may hold the last reference to it.
TEST(PasswordThread, MayEndOnItself) {
  auto thread = std::make_shared<password_thread>(hash, 2);
  const std::weak_ptr<password_thread> last = thread;
  std::promise<void> let_go;
  const auto gone = let_go.get_future().share();
  auto& here = *thread;
  ASSERT_TRUE(here.ask("correct horse", [kept = thread, gone](bool) { gone.wait(); }));
  thread.reset();
  let_go.set_value();
  while (!last.expired()) std::this_thread::yield();
}

// AU-01: one after the other, on a thread of its own, and no more than may wait.
TEST(PasswordThread, HasALimit) {
  std::promise<void> begun, go_on;
  std::promise<std::thread::id> where;
  password_thread thread(hash, 2);
  ASSERT_TRUE(thread.ask("correct horse", [&](bool matches) {
    EXPECT_TRUE(matches);
    begun.set_value();
    go_on.get_future().wait();
  }));
  begun.get_future().wait();
  std::promise<bool> wrong;
  EXPECT_TRUE(thread.ask("wrong", [&](bool matches) { wrong.set_value(matches); }));
  EXPECT_TRUE(thread.ask("wrong", [&](bool) { where.set_value(std::this_thread::get_id()); }));
  EXPECT_FALSE(thread.ask("one too many", [](bool) { FAIL(); }));
  go_on.set_value();
  EXPECT_FALSE(wrong.get_future().get());
  EXPECT_NE(where.get_future().get(), std::this_thread::get_id());
}

TEST(PasswordThread, EndsWithoutAnsweringWhatWaits) {
  bool told = false;
  std::promise<void> begun, go_on;
  std::thread ender;
  {
    auto thread = std::make_unique<password_thread>(hash, 5);
    ASSERT_TRUE(thread->ask("a", [&](bool) {
      begun.set_value();
      go_on.get_future().wait();
    }));
    begun.get_future().wait();
    auto kept = std::make_shared<int>();
    const std::weak_ptr<int> dropped = kept;
    ASSERT_TRUE(thread->ask("b", [&told, held = std::move(kept)](bool) { told = true; }));
    ender = std::thread([thread = std::move(thread)]() mutable { thread.reset(); });
    while (!dropped.expired()) std::this_thread::yield();  // the end has begun
  }
  go_on.set_value();
  ender.join();
  EXPECT_FALSE(told);
}

// AU-01
TEST(FailedLogins, CountsByAddressAndMinute) {
  failed_logins tries(2);
  const time_point begin{};
  EXPECT_TRUE(tries.enter("192.0.2.1", begin));
  EXPECT_TRUE(tries.enter("192.0.2.1", begin + 1s));
  EXPECT_FALSE(tries.enter("192.0.2.1", begin + 59s));
  EXPECT_TRUE(tries.enter("192.0.2.2", begin + 59s));
  EXPECT_TRUE(tries.enter("192.0.2.1", begin + 60s)) << "a new minute";
  EXPECT_TRUE(tries.enter("192.0.2.1", begin + 61s));
  tries.forgive("192.0.2.1");
  EXPECT_TRUE(tries.enter("192.0.2.1", begin + 62s));
  EXPECT_TRUE(tries.enter("2001:db8::1", begin + 62s));
  EXPECT_TRUE(tries.enter("2001:db8::2", begin + 62s));
  EXPECT_FALSE(tries.enter("2001:db8::3", begin + 62s)) << "the same /64";
  for (int i = 0; i < 5; i++) EXPECT_TRUE(tries.enter("", begin)) << "a Unix-domain socket";
}

TEST(FailedLogins, HasALimitAndAnOff) {
  failed_logins off(0);
  for (int i = 0; i < 100; i++) EXPECT_TRUE(off.enter("192.0.2.1", {}));
  failed_logins tries(1);
  const auto address = [](std::size_t i) {
    return "10." + std::to_string(i / 65'536) + "." + std::to_string(i / 256 % 256) + "." +
           std::to_string(i % 256);
  };
  for (std::size_t i = 0; i < failed_logins::addresses_max; i++)
    ASSERT_TRUE(tries.enter(address(i), {}));
  EXPECT_FALSE(tries.enter("192.0.2.1", {}));
  EXPECT_TRUE(tries.enter("192.0.2.1", time_point() + failed_logins::window));
}

// AU-01
TEST(MemoryStore, ForgetsTheOldestAndTheOld) {
  const auto knows = [](memory_store& store, std::string_view id) {
    bool known = false;
    store.exists(id, [&](bool is) { known = is; });
    return known;
  };
  memory_store store(2, 1h);
  EXPECT_FALSE(knows(store, "a"));
  for (const char* id : {"a", "b"}) store.save(id);
  EXPECT_TRUE(knows(store, "a"));
  store.save("c");
  EXPECT_FALSE(knows(store, "a"));
  EXPECT_TRUE(knows(store, "b") && knows(store, "c"));
  memory_store brief(10, 1ms);
  brief.save("a");
  while (knows(brief, "a")) std::this_thread::yield();
  memory_store for_ever(10, std::chrono::milliseconds::max());
  for_ever.save("a");
  EXPECT_TRUE(knows(for_ever, "a"));
}

TEST(MemoryStore, RefusesWhatCannotWork) {
  EXPECT_THROW(memory_store(0), std::invalid_argument);
  EXPECT_THROW(memory_store(1, 0ms), std::invalid_argument);
}

}  // namespace
}  // namespace socketio::admin
