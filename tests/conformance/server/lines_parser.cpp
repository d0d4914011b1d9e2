// The parser `lines` (CONTRACT.md, section 2): each packet is one line of JSON. Its counterpart is
// lib/lines_parser.cjs.
#include "server/json.hpp"
#include "server/program.hpp"

namespace conformance {
namespace {

using socketio::packet;

class lines final : public socketio::parser {
 public:
  std::vector<message> encode(const packet& what) const override {
    value::object line{{"type", static_cast<int>(what.type)}, {"nsp", what.nsp}};
    if (what.id) line.emplace_back("id", *what.id);
    if (what.data) line.emplace_back("data", *what.data);
    return {{false, to_json(line) + "\n"}};
  }
  std::unique_ptr<decoder> make_decoder() const override;
};

class line_decoder final : public socketio::parser::decoder {
 public:
  socketio::result<std::optional<packet>> add(std::string_view bytes, bool binary) override {
    if (binary || !bytes.ends_with('\n')) return std::make_error_code(std::errc::bad_message);
    const value line = parse_json(bytes);
    packet read;
    read.type = static_cast<socketio::packet_type>(*line["type"].as_integer());
    read.nsp = *line["nsp"].as_string();
    if (const auto* id = line["id"].as_integer()) read.id = static_cast<std::uint64_t>(*id);
    if (line.contains("data")) read.data = line["data"];
    return std::optional(read);
  }
};

std::unique_ptr<socketio::parser::decoder> lines::make_decoder() const {
  return std::make_unique<line_decoder>();
}

}  // namespace

std::shared_ptr<const socketio::parser> parser_named(const value& name) {
  if (name == value("msgpack")) return socketio::msgpack_parser();
  if (name == value("lines")) return std::make_shared<const lines>();
  return nullptr;
}

}  // namespace conformance
