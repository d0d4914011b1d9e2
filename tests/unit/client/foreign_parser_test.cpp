// A parser of the application that throws: the connection or the packet fails, never the program,
// and nothing that waits behind it.
#include "client_home.hpp"
#include "socketio/parser.hpp"

#include <optional>
#include <stdexcept>

namespace socketio::client_side {
namespace {

// Writes names of events and reads the type of a packet; throws where it is told to.
class fragile final : public parser {
 public:
  struct decoder final : parser::decoder {
    explicit decoder(const fragile& from) : of(from) {}
    result<std::optional<packet>> add(std::string_view frame, bool) override {
      if (of.decoding_throws) throw std::runtime_error("decoding");
      packet read;
      read.type = static_cast<packet_type>(frame.at(0) - '0');
      if (read.type == packet_type::connect) read.data = value::map({{"sid", "one"}});
      return std::optional(read);
    }
    const fragile& of;
  };

  std::vector<message> encode(const packet& what) const override {
    const std::string name =
        what.type == packet_type::event ? *(*what.data)[std::size_t{0}].as_string() : "connect";
    if (name == "impossible") throw std::runtime_error("encoding");
    return {{false, name}};
  }
  std::unique_ptr<parser::decoder> make_decoder() const override {
    if (making_throws) throw std::runtime_error("making");
    return std::make_unique<decoder>(*this);
  }
  bool making_throws = false, decoding_throws = false;
};

struct with_fragile {
  with_fragile() {
    auto options = client_home::quick();
    options.parser = by;
    options.retries = 2;
    options.on_exception = [this](std::string_view where, std::exception_ptr) {
      reported.emplace_back(where);
    };
    home.emplace(options);
  }
  std::shared_ptr<fragile> by = std::make_shared<fragile>();
  lines reported;
  std::optional<client_home> home;
};

// Nothing waits for ever behind what no attempt can send.
TEST(ForeignParser, WhatItCannotEncodeIsGivenUp) {
  with_fragile of;
  const auto io = of.home->socket();
  io.connect();
  of.home->peer().opens();
  of.home->peer().says("0");
  ASSERT_TRUE(io.connected());
  of.home->peer().heard();
  std::vector<std::error_code> answers;
  io.emit("impossible", [&](std::error_code error) { answers.push_back(error); });
  io.emit("possible");
  EXPECT_EQ(of.reported, lines{"parser"});
  EXPECT_EQ(answers, std::vector{make_error_code(errc::refused)});
  EXPECT_EQ(of.home->peer().heard(), lines{"possible"});
  EXPECT_TRUE(io.connected());
}

TEST(ForeignParser, WithoutADecoderAnAttemptFails) {
  with_fragile of;
  of.by->making_throws = true;
  of.home->watch();
  const auto io = of.home->socket();
  of.home->watch(io);
  io.connect();
  of.home->peer().opens();
  of.home->expect({"connect_error: parser error", "error: parser error"});
  EXPECT_EQ(of.reported, lines{"parser"});
  of.by->making_throws = false;
  of.home->shard->advance(100ms);
  of.home->peer().opens();
  of.home->peer().says("0");
  EXPECT_TRUE(io.connected());
}

TEST(ForeignParser, WhatItCannotDecodeEndsTheConnection) {
  with_fragile of;
  const auto io = of.home->socket();
  of.home->watch(io);
  io.connect();
  of.home->peer().opens();
  of.home->peer().says("0");
  of.by->decoding_throws = true;
  of.home->peer().says("2");
  of.home->expect({"connect", "disconnect: parse error"});
}

}  // namespace
}  // namespace socketio::client_side
