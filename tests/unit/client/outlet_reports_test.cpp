// What becomes of what callbacks throw, and the executors of applications: at once, later, on
// another thread, and broken ones.
#include "client/outlet.hpp"
#include "client_home.hpp"

#include <deque>
#include <stdexcept>
#include <thread>

namespace socketio::client_side {
namespace {

std::string text_of(const std::exception_ptr& what) {
  try {
    std::rethrow_exception(what);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "no exception";
  }
}

// An application: its sink of exceptions, its log, its executor that runs work when it is told to.
struct application {
  outlet::exception_sink sink() {
    return [this](std::string_view where, std::exception_ptr what) {
      told.push_back(std::string(where) + ": " + text_of(what));
    };
  }
  outlet::executor later() {
    return [this](std::function<void()> work) { waiting.push_back(std::move(work)); };
  }
  std::shared_ptr<outlet> door(outlet::executor to, outlet::exception_sink failed) {
    const auto log = [this](const log_record& record) {
      std::string line = std::string(to_string(record.level)) + " " + std::string(record.message);
      for (const log_field& each : record.fields)
        line += ", " + std::string(each.name) + " " + std::string(each.text);
      told.push_back(std::move(line));
    };
    return std::make_shared<outlet>(std::move(to), std::move(failed),
                                    std::make_shared<const logger>(log, log_level::warning, "",
                                                                   std::chrono::system_clock::now));
  }
  void run_all() {
    for (; !waiting.empty(); waiting.pop_front()) waiting.front()();
  }
  void expect(const lines& wanted) {
    EXPECT_EQ(told, wanted);
    told.clear();
  }

  std::deque<std::function<void()>> waiting;
  lines told;
};

void broken() { throw std::runtime_error("broken"); }
void odd() { throw 7; }

TEST(OutletReports, TellsTheSinkOfWhatWasThrown) {
  application app;
  const auto out = app.door(nullptr, app.sink());
  out->call("news", broken);
  out->run("on_open", odd);
  out->call("outer", [&] {
    out->call("inner", broken);
    app.told.push_back("goes on");
  });
  app.expect({"news: broken", "on_open: no exception", "inner: broken", "goes on"});
}

TEST(OutletReports, LogsWhereThereIsNoSink) {
  application app;
  const auto out = app.door(nullptr, nullptr);
  out->call("news", broken);
  app.expect({"error a callback threw, where news, what broken"});
  out->call("odd", odd);
  app.expect({"error a callback threw, where odd"});
}

TEST(OutletReports, LogsWhatTheSinkThrows) {
  application app;
  const auto out = app.door(nullptr, [](std::string_view where, const std::exception_ptr&) {
    throw std::logic_error("the sink, of " + std::string(where));
  });
  out->call("news", broken);
  app.expect({"error a callback threw, where news, what the sink, of news"});
  const auto other = app.door(nullptr, [](std::string_view, const std::exception_ptr&) { odd(); });
  other->call("news", broken);
  app.expect({"error a callback threw, where news"});
}

// A callback that has begun before may throw behind the end: sink and log may be gone by then.
TEST(OutletReports, TellsNobodyBehindClose) {
  application app;
  const auto out = app.door(nullptr, app.sink());
  out->call("last", [&] {
    out->close();
    broken();
  });
  app.expect({});
  out->wait();
}

// ---- executors

TEST(OutletReports, AnExecutorKeepsTheOrder) {
  application app;
  const auto out = app.door(app.later(), app.sink());
  EXPECT_FALSE(out->direct());
  {
    std::string where = "a name that does not outlive the call of run()";
    out->run(where, broken);
    where.assign(where.size(), '-');
  }
  out->run("one", [&] {
    app.told.push_back("one");
    out->run("three", [&] { app.told.push_back("three"); });
  });
  out->run("two", [&] { app.told.push_back("two"); });
  app.expect({});
  app.run_all();
  app.expect({"a name that does not outlive the call of run(): broken", "one", "two", "three"});
}

TEST(OutletReports, AnExecutorRunsNothingBehindClose) {
  application app;
  const auto out = app.door(app.later(), app.sink());
  const auto held = std::make_shared<int>(0);
  out->run("kept", [&app, held] { app.told.push_back("kept"); });
  out->close();
  out->wait();  // not for what has not begun
  out->run("late", [&app, held] { app.told.push_back("late"); });
  EXPECT_EQ(app.waiting.size(), 1u) << "it is not asked any more";
  app.run_all();
  app.expect({});
  EXPECT_EQ(held.use_count(), 1);
}

// Whoever keeps work keeps the outlet.
TEST(OutletReports, AnExecutorMayOutliveTheManager) {
  application app;
  auto out = app.door(app.later(), app.sink());
  out->run("orphan", broken);
  const std::weak_ptr<outlet> seen = out;
  out.reset();
  app.run_all();
  app.expect({"orphan: broken"});
  EXPECT_TRUE(seen.expired());
}

TEST(OutletReports, AnExecutorMayRunItAtOnce) {
  application app;
  const auto out = app.door([](const std::function<void()>& work) { work(); }, app.sink());
  out->run("outer", [&] {
    out->run("inner", broken);
    out->close();
    out->wait();
    app.told.push_back("outer");
  });
  app.expect({"inner: broken", "outer"});
}

TEST(OutletReports, AnExecutorMayHaveAThread) {
  application app;
  const auto out =
      app.door([](std::function<void()> work) { std::thread(std::move(work)).join(); }, app.sink());
  std::thread::id there;
  out->run("elsewhere", [&] {
    there = std::this_thread::get_id();
    broken();
  });
  EXPECT_NE(there, std::this_thread::get_id());
  app.expect({"elsewhere: broken"});
}

TEST(OutletReports, AnExecutorThatThrowsIsReported) {
  application app;
  const auto lost = app.door([](const std::function<void()>&) { broken(); }, app.sink());
  lost->run("news", [&] { app.told.push_back("news"); });
  app.expect({"executor: broken"});
  const auto late = app.door(
      [](const std::function<void()>& work) {
        work();
        broken();
      },
      app.sink());
  late->run("news", [&] { app.told.push_back("news"); });
  app.expect({"news", "executor: broken"});
  late->close();
  late->wait();  // nothing is counted as running that is not
}

}  // namespace
}  // namespace socketio::client_side
