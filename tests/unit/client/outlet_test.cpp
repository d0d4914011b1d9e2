// The door to the application: what passes it and when, what becomes of what callbacks throw, and
// who waits for whom at its end. The stress test is for the sanitizers.
#include "client/outlet.hpp"

#include "client_home.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

namespace socketio::client_side {
namespace {

using door = std::shared_ptr<outlet>;

door make_door(outlet::executor to = nullptr, outlet::exception_sink failed = nullptr) {
  return std::make_shared<outlet>(std::move(to), std::move(failed), logger::silent());
}

// Another thread that stands in a callback until it is told to go.
class visitor {
 public:
  explicit visitor(const door& of)
      : thread_([this, of] {
          of->call("visitor", [this] {
            inside_.store(true);
            inside_.notify_all();
            go_.wait(false);
            ended = true;
          });
        }) {
    inside_.wait(false);
  }
  ~visitor() { leave(); }
  void leave() {
    go_.store(true);
    go_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  bool ended = false;  // of whoever has waited for it

 private:
  std::atomic<bool> inside_{false}, go_{false};
  std::thread thread_;
};

// Another thread that waits.
class waiter {
 public:
  explicit waiter(const door& of)
      : thread_([this, of] {
          of->wait();
          returned_ = true;
        }) {}
  ~waiter() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  bool returns_by_itself() const {
    std::this_thread::sleep_for(20ms);  // there is no event for what does not happen
    return returned_;
  }

 private:
  std::atomic<bool> returned_{false};
  std::thread thread_;
};

TEST(Outlet, CallsHereAndNow) {
  const auto out = make_door();
  lines told;
  EXPECT_TRUE(out->direct());
  out->call("a", [&] {
    told.push_back("a");
    out->run("b", [&] { told.push_back("b"); });
    told.push_back("c");
  });
  EXPECT_EQ(told, (lines{"a", "b", "c"}));
}

TEST(Outlet, NothingBeginsBehindClose) {
  const auto out = make_door();
  lines told;
  out->call("a", [&] {
    out->close();
    EXPECT_TRUE(out->closed());
    out->call("b", [&] { told.push_back("b"); });
    out->run("c", [&] { told.push_back("c"); });
    told.push_back("what has begun ends");
  });
  out->call("d", [&] { told.push_back("d"); });
  EXPECT_EQ(told, lines{"what has begun ends"});
  out->wait();
}

// ---- who waits

TEST(Outlet, CloseWaitsForNobodyAndWaitDoes) {
  const auto out = make_door();
  visitor guest(out);
  out->close();
  EXPECT_FALSE(guest.ended) << "this thread would stand still otherwise";
  waiter patient(out);
  EXPECT_FALSE(patient.returns_by_itself());
  guest.leave();
  patient.join();
  EXPECT_TRUE(guest.ended);
}

// Who waits before another thread closes it waits for that, too.
TEST(Outlet, WaitWaitsForTheClose) {
  const auto out = make_door();
  std::optional<visitor> guest(out);
  waiter early(out);
  EXPECT_FALSE(early.returns_by_itself());
  guest.reset();
  EXPECT_FALSE(early.returns_by_itself()) << "another callback may begin";
  out->close();
  early.join();
}

TEST(Outlet, WaitInsideOfACallbackReturns) {
  const auto out = make_door();
  int reached = 0;
  out->call("outer", [&] {
    out->call("inner", [&] {
      out->close();
      out->wait();
      ++reached;
    });
    out->wait();
    ++reached;
  });
  out->wait();
  EXPECT_EQ(reached, 2);
}

// Of several managers at once, also of more than a thread keeps places for.
TEST(Outlet, WaitInsideOfCallbacksOfSeveralReturns) {
  for (const std::size_t many : {2u, 4u, 5u, 9u}) {
    std::vector<door> doors;
    for (std::size_t i = 0; i < many; ++i) doors.push_back(make_door());
    std::size_t reached = 0;
    const std::function<void(std::size_t)> enter = [&](std::size_t depth) {
      if (depth == many) {
        for (const auto& each : doors) each->close();
        for (const auto& each : doors) each->wait();
        ++reached;
        return;
      }
      doors[depth]->call("next", [&] { enter(depth + 1); });
      for (std::size_t i = 0; i <= depth; ++i) doors[i]->wait();  // all but the last one are ours
      ++reached;
    };
    enter(0);
    EXPECT_EQ(reached, many + 1);
  }
}

// What a thread has left is nothing that it stands in, however many doors it went through since.
TEST(Outlet, WaitsForOthersAgainBehindACallback) {
  for (const std::size_t others : {0u, 3u, 8u}) {
    const auto out = make_door();
    std::vector<door> more;
    for (std::size_t i = 0; i < others; ++i) more.push_back(make_door());
    visitor guest(out);
    std::atomic<bool> asked{false}, returned{false};
    std::thread thread([&] {
      for (int round = 0; round < 3; ++round) {
        out->call("left", [] {});
        for (const auto& each : more) out->call("outer", [&] { each->call("inner", [] {}); });
      }
      out->close();
      asked = true;
      asked.notify_all();
      out->wait();
      returned = true;
    });
    asked.wait(false);
    std::this_thread::sleep_for(20ms);
    EXPECT_FALSE(returned) << others;
    guest.leave();
    thread.join();
  }
}

// With an executor of several threads, two callbacks may end their manager at once.
TEST(Outlet, CallbacksDoNotWaitForEachOther) {
  const auto out = make_door();
  std::atomic<int> inside{0};
  const auto ends_it = [&] {
    out->call("stop", [&] {
      for (++inside; inside < 2;) std::this_thread::yield();
      out->close();
      out->wait();
    });
  };
  std::thread other(ends_it);
  ends_it();
  other.join();
  out->wait();
}

// Callbacks of several threads work with what dies behind wait().
TEST(Outlet, NothingRunsBehindWait) {
  for (int round = 0; round < 100; ++round) {
    constexpr std::size_t threads = 3;
    const auto out = make_door(round % 2 ? [](const std::function<void()>& work) { work(); }
                                         : outlet::executor());
    auto counts = std::make_unique<std::vector<std::size_t>>(threads, 0u);
    std::atomic<std::size_t> begun{0};
    std::vector<std::thread> callers;
    for (std::size_t i = 0; i < threads; ++i)
      callers.emplace_back([&, i] {
        while (!out->closed()) {
          out->run("count", [&, i] {
            if (++(*counts)[i] == 1) ++begun;
          });
        }
      });
    while (begun == 0) std::this_thread::yield();
    std::thread second([&] { out->wait(); });
    out->close();
    out->wait();
    for (auto& each : *counts) each = 0;
    counts.reset();
    second.join();
    for (auto& each : callers) each.join();
  }
}

}  // namespace
}  // namespace socketio::client_side
