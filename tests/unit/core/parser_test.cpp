// Parsers other than JSON (PK-17 to PK-20, OP-04): what is sent and received is the same for
// handlers, with MessagePack and with a parser of the application.
#include "core/parsing.hpp"
#include "unit/core/core_script.hpp"
#include "wire/msgpack_packet.hpp"

#include <stdexcept>

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;

// One line of text per packet: "type|nsp|id|data", and a binary message per block of bytes behind
// it.
class lines final : public parser {
 public:
  std::vector<message> encode(const packet& what) const override {
    encoded++;
    if (what.data && (*what.data)[std::size_t{0}] == value("fail"))
      throw std::runtime_error("cannot encode");
    std::vector<message> all(1);
    std::string& text = all[0].bytes;
    text = std::to_string(static_cast<int>(what.type)) + "|" + what.nsp + "|" +
           (what.id ? std::to_string(*what.id) : "") + "|" +
           (what.data ? what.data->to_string() : "");
    if (what.data && what.data->as_array())
      for (const value& one : *what.data->as_array())
        if (one.as_binary()) all.push_back({true, std::string(one.as_binary()->view())});
    return all;
  }

  class line_decoder final : public decoder {
   public:
    result<std::optional<packet>> add(std::string_view bytes, bool binary) override {
      if (bytes == "throw") throw std::runtime_error("cannot decode");
      if (bytes == "wrong") return one({packet_type::event, "/", std::nullopt, value("no array")});
      if (bytes == "bytes follow") return waiting_ = true, std::optional<packet>();
      if (binary && waiting_) {
        waiting_ = false;
        return event({"bytes", socketio::binary(bytes)});
      }
      if (binary || bytes.empty()) return std::make_error_code(std::errc::bad_message);
      if (bytes == "join") return one({});
      if (bytes == "join a")
        return one({packet_type::connect, "/a", std::nullopt, value::map({{"token", 7}})});
      if (bytes == "leave") return one({packet_type::disconnect, "/", std::nullopt, std::nullopt});
      if (bytes.starts_with("answer "))
        return one({packet_type::ack, "/", 0, value::list({bytes.substr(7)})});
      return event({"line", bytes});
    }
    bool waiting() const noexcept override { return waiting_; }

   private:
    static std::optional<packet> one(packet what) { return what; }
    static std::optional<packet> event(std::initializer_list<value> what) {
      return packet{packet_type::event, "/", 9, value::list(what)};
    }
    bool waiting_ = false;
  };
  std::unique_ptr<decoder> make_decoder() const override {
    return std::make_unique<line_decoder>();
  }

  mutable int encoded = 0;
};

hub_options with(std::shared_ptr<const parser> by) {
  hub_options options;
  options.parser = std::move(by);
  return options;
}

struct line_house : house {
  line_house() : line_house(std::make_shared<lines>()) {}
  explicit line_house(const std::shared_ptr<lines>& made) : house(with(made)), by(made) {}
  connection& welcome_line() {
    connection& peer = connect();
    peer.says("join").all();
    return peer;
  }
  std::shared_ptr<lines> by;
};

// PK-17, OP-04
TEST(Parser, packets_go_through_the_parser_of_the_application) {
  line_house home;
  connection& peer = home.connect();
  const std::string joined = peer.asks("join");
  EXPECT_TRUE(joined.starts_with(R"(0|/||{"sid":")")) << joined;
  const socket who = home.of().local_sockets().at(0);
  who.on("line", [](const std::string& text) { return text + "!"; });
  EXPECT_EQ(peer.asks("hello"), R"(3|/|9|["hello!"])");
  who.emit("x", 1, nullptr, binary(std::string_view("\1\2")));
  EXPECT_EQ(peer.all(), (strings{R"(2|/||["x",1,null,{"$binary":2}])", "<binary>\1\2"}));
  std::string answer;
  who.emit("q", [&](const std::string& text) { answer = text; });
  EXPECT_EQ(peer.all(), strings{R"(2|/|0|["q"])"});
  peer.says("answer yes");
  EXPECT_EQ(answer, "yes");
  who.disconnect();
  EXPECT_EQ(peer.all(), strings{"1|/||"});
}

// NS-02
TEST(Parser, a_function_that_decides_about_a_namespace_is_told_the_auth) {
  line_house home;
  value told;
  home.parent([&](std::string_view, const value& auth) {
    told = auth;
    return true;
  });
  const std::string joined = home.connect().asks("join a");
  EXPECT_TRUE(joined.starts_with(R"(0|/a||{"sid":")")) << joined;
  EXPECT_EQ(told, value::map({{"token", 7}}));
}

TEST(Parser, a_packet_may_take_several_messages) {
  line_house home;
  connection& peer = home.welcome_line();
  binary got;
  home.of().local_sockets().at(0).on("bytes", [&](const binary& bytes) { got = bytes; });
  peer.says("bytes follow").says_binary("\1\2\3");
  EXPECT_EQ(got.view(), "\1\2\3");
  EXPECT_FALSE(peer.closed());
}

// PK-15
TEST(Parser, messages_that_do_not_come_are_not_waited_for) {
  line_house home;
  connection& peer = home.welcome_line();
  peer.says("bytes follow");
  home.wait(29'999ms);
  EXPECT_FALSE(peer.closed());
  home.wait(2ms);
  EXPECT_EQ(peer.closed_with().what, cause::attachments_timeout);
}

TEST(Parser, encodes_a_broadcast_once) {
  line_house home;
  std::vector<connection*> all;
  for (int i = 0; i < 5; i++) all.push_back(&home.welcome_line());
  const int before = home.by->encoded;
  home.of().emit("news", "x");
  EXPECT_EQ(home.by->encoded, before + 1);
  for (connection* one : all) EXPECT_EQ(one->all(), strings{R"(2|/||["news","x"])"});
}

TEST(Parser, refusals_go_through_it_too) {
  line_house home;
  home.of("/a").use([](const socket& who) -> std::optional<connect_error> {
    EXPECT_EQ(who.handshake().auth, value::map({{"token", 7}}));
    return connect_error("no", value::map({{"bytes", binary(std::string_view("\1"))}}));
  });
  connection& peer = home.welcome_line();
  EXPECT_EQ(peer.asks("join a"), R"(4|/a||{"message":"no","data":{"bytes":{"$binary":1}}})");
}

// PK-15: whatever is wrong ends the connection.
TEST(Parser, what_it_cannot_read_closes_the_connection) {
  for (const char* bad : {"", "wrong"}) {
    line_house home;
    connection& peer = home.welcome_line();
    std::string told;
    home.of().local_sockets().at(0).on_error([&](std::string_view what) { told = what; });
    peer.says(bad);
    EXPECT_EQ(peer.closed_with().what, cause::malformed_packet);
    EXPECT_EQ(told, peer.closed_with().detail);
  }
}

TEST(Parser, what_it_throws_is_reported) {
  line_house home;
  connection& peer = home.welcome_line();
  const socket who = home.of().local_sockets().at(0);
  EXPECT_FALSE(who.emit("fail"));
  home.of().emit("fail");
  bool refused = false;
  who.emit("fail", [&](std::error_code why) { refused = why == make_error_code(errc::refused); });
  EXPECT_TRUE(refused);
  EXPECT_EQ(peer.all(), strings{});
  EXPECT_EQ(home.errors, strings(3, "parser: cannot encode"));
  home.errors.clear();
  peer.says("throw");
  EXPECT_EQ(home.errors, strings{"parser: cannot decode"});
  home.errors.clear();
  EXPECT_EQ(peer.closed_with().what, cause::malformed_packet);
}

class no_decoder final : public parser {
 public:
  std::vector<message> encode(const packet&) const override { return {}; }
  std::unique_ptr<decoder> make_decoder() const override { throw std::runtime_error("no decoder"); }
};

TEST(Parser, without_a_decoder_nothing_is_read) {
  house home(with(std::make_shared<no_decoder>()));
  connection& peer = home.connect();
  EXPECT_EQ(home.errors, strings{"parser: no decoder"});
  home.errors.clear();
  peer.says("anything");
  EXPECT_EQ(peer.closed_with().what, cause::malformed_packet);
}

// ---- MessagePack

packet event(value::array what, std::optional<std::uint64_t> id = std::nullopt) {
  return {packet_type::event, "/", id, value(std::move(what))};
}

struct msgpack_house : house {
  msgpack_house() : house(with(msgpack_parser())) {}
  static std::string bytes_of(const packet& what) { return wire::encode_msgpack_packet(what); }
  connection& welcome_msgpack(std::optional<value> auth = std::nullopt) {
    connection& peer = connect();
    peer.says_binary(bytes_of({packet_type::connect, "/", std::nullopt, std::move(auth)}));
    const auto joined = read(peer);
    EXPECT_EQ(joined.type, packet_type::connect);
    EXPECT_EQ((*joined.data)["sid"].as_string()->size(), 20u);
    return peer;
  }
  static packet read(connection& peer) {
    std::string next = peer.next();
    EXPECT_TRUE(next.starts_with("<binary>")) << next;
    const auto decoded = wire::decode_msgpack_packet(next.substr(8), {});
    EXPECT_TRUE(decoded) << decoded.error().message();
    return decoded ? *decoded : packet();
  }
};

// PK-18, K-13
TEST(MsgpackParser, handlers_cannot_tell_it_from_json) {
  msgpack_house home;
  connection& peer = home.welcome_msgpack();
  const socket who = home.of().local_sockets().at(0);
  who.on("all", [](const rest& all) { return all; });
  const value::array arguments{
      1,
      -1.5,
      "€",
      true,
      value(),
      std::int64_t{1} << 60,
      binary(std::string_view("\0\1", 2)),
      value::map({{"deep", value::list({binary(std::string_view("x"))})}})};
  value::array with_name{"all"};
  with_name.insert(with_name.end(), arguments.begin(), arguments.end());
  peer.says_binary(home.bytes_of(event(with_name, 3)));
  EXPECT_EQ(home.read(peer), (packet{packet_type::ack, "/", 3, value(value::array(arguments))}));

  struct point {
    int x = 0;
    std::optional<std::string> name;
  };
  std::optional<point> got;
  who.on("typed", [&](const point& at, std::span<const std::byte> bytes) {
    got = at;
    return bytes.size();
  });
  peer.says_binary(home.bytes_of(event(
      {"typed", value::map({{"x", 2.0}, {"name", "n"}}), binary(std::string_view("abc"))}, 4)));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->x, 2);
  EXPECT_EQ(got->name, "n");
  EXPECT_EQ(home.read(peer), (packet{packet_type::ack, "/", 4, value::list({3})}));
  peer.says_binary(home.bytes_of(event({"typed", "no point"}, 5)));
  const value refusal = home.read(peer).data->as_array()->at(0);
  EXPECT_EQ(refusal["error"]["code"], value("invalid_arguments"));
}

TEST(MsgpackParser, catch_alls_middlewares_and_broadcasts) {
  msgpack_house home;
  connection& peer = home.welcome_msgpack(value::map({{"key", binary(std::string_view("\7"))}}));
  const socket who = home.of().local_sockets().at(0);
  EXPECT_EQ(who.handshake().auth, value::map({{"key", binary(std::string_view("\7"))}}));
  strings seen;
  who.on_any([&](std::string_view name, const values& all) {
    seen.push_back(std::string(name) + text_of(all));
  });
  who.on_any_outgoing([&](std::string_view name, const values& all) {
    seen.push_back("out " + std::string(name) + text_of(all));
  });
  who.use([](event_packet& packet, const next_fn& next) {
    packet.arguments.push_back("more");
    next();
  });
  who.on("x", [](const socket& from, const rest& all) { from.emit("y", all); });
  peer.says_binary(home.bytes_of(event({"x", binary(std::string_view("\1"))})));
  EXPECT_EQ(home.read(peer), event({"y", binary(std::string_view("\1")), "more"}));
  EXPECT_EQ(seen, (strings{R"(x[{"$binary":1}])", R"(out y[{"$binary":1},"more"])"}));
  home.of().emit("all", 1.25);
  EXPECT_EQ(home.read(peer), event({"all", 1.25}));
  int answer = 0;
  home.of().timeout(10ms).emit(
      "q", [&](std::error_code, const std::vector<int>& all) { answer = all.at(0); });
  const packet asked = home.read(peer);
  ASSERT_TRUE(asked.id);
  peer.says_binary(home.bytes_of({packet_type::ack, "/", asked.id, value::list({42})}));
  EXPECT_EQ(answer, 42);
}

// PK-19: reserved names are no error, and nobody hears them.
TEST(MsgpackParser, what_it_refuses_closes_the_connection_and_nothing_else_does) {
  msgpack_house home;
  connection& peer = home.welcome_msgpack();
  peer.says_binary(home.bytes_of(event({"disconnect", "x"})));
  peer.says_binary(home.bytes_of(event({})));
  peer.says_binary(home.bytes_of(event({value::list({1}), 2})));
  EXPECT_FALSE(peer.closed());
  peer.says("2[\"text\"]");
  EXPECT_EQ(peer.closed_with().what, cause::malformed_packet);
  connection& other = home.welcome_msgpack();
  other.says_binary("\xc1");
  EXPECT_EQ(other.closed_with().detail, "invalid msgpack");
}

}  // namespace
}  // namespace socketio::core_testing
