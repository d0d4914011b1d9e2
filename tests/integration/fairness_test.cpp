// One client that says much at once does not keep the others from being heard. The first handler
// waits until the other client has spoken, so that both are there when the turn goes on.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <string>

namespace socketio::test {
namespace {

constexpr int events = 4'000;

class Fairness : public testing::Test {
 protected:
  Fairness() {
    server.io.on("one of many", [this](int n) {
      if (n == 0) other_has_spoken.get_future().wait();
      in_order = in_order && n == heard;
      heard++;
    });
    server.io.on("other", [this] { return heard; });
    server.io.on("all", [this] { return heard; });
    server.start();
  }

  running_server server;
  std::promise<void> other_has_spoken;
  int heard = 0;
  bool in_order = true;
};

TEST_F(Fairness, AFloodOverWebSocketLetsOthersIn) {
  raw_websocket many(server.io.port());
  raw_websocket other(server.io.port());
  std::string all;
  for (int i = 0; i < events; i++)
    all += text_frame("42[\"one of many\"," + std::to_string(i) + "]");
  many.peer.send(all);
  other.peer.send(text_frame(R"(421["other"])"));
  other_has_spoken.set_value();
  const std::string answer = other.read();
  EXPECT_LT(std::stoi(answer.substr(3)), events / 2) << answer;
  many.peer.send(text_frame(R"(421["all"])"));
  EXPECT_EQ(many.read(), "31[" + std::to_string(events) + "]");
  EXPECT_TRUE(in_order);
}

TEST_F(Fairness, AFloodOverPollingLetsOthersIn) {
  raw_polling many(server.io.port());
  raw_websocket other(server.io.port());
  std::string all;
  for (int i = 0; i < events; i++)
    all += (i ? "\x1e" : "") + ("42[\"one of many\"," + std::to_string(i) + "]");
  raw_client sends(server.io.port());
  sends.send(post("/socket.io/?EIO=4&transport=polling&sid=" + many.session, all));
  other.peer.send(text_frame(R"(421["other"])"));
  other_has_spoken.set_value();
  const std::string answer = other.read();
  EXPECT_LT(std::stoi(answer.substr(3)), events / 2) << answer;
  const auto ok = sends.read_response();
  EXPECT_EQ(ok.status, 200u);
  EXPECT_EQ(ok.body, "ok");
  EXPECT_EQ(server.ask([this] { return heard; }), events) << "answered when all is read";
  EXPECT_TRUE(in_order);
}

}  // namespace
}  // namespace socketio::test
