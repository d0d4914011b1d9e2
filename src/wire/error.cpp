// The texts of wire_errc. They end up in disconnect details and logs: lower case, and saying what
// was wrong with the packet.
#include "wire/error.hpp"

#include <string>

namespace socketio::wire {
namespace {

const char* text_of(wire_errc code) noexcept {
  switch (code) {
    case wire_errc::empty_packet: return "empty packet";
    case wire_errc::unknown_packet_type: return "unknown packet type";
    case wire_errc::bad_base64: return "a binary packet that is not base64";
    case wire_errc::bad_payload_length: return "a payload whose lengths do not fit";
    case wire_errc::illegal_attachments: return "illegal attachments";
    case wire_errc::too_many_attachments: return "too many attachments";
    case wire_errc::attachments_too_big: return "attachments too big";
    case wire_errc::illegal_id: return "illegal packet id";
    case wire_errc::invalid_payload: return "invalid payload";
    case wire_errc::invalid_json: return "invalid json";
    case wire_errc::json_too_deep: return "json nested too deeply";
    case wire_errc::reserved_event: return "a reserved event name";
    case wire_errc::unexpected_text: return "got plaintext data when reconstructing a packet";
    case wire_errc::unexpected_binary: return "got binary data when not reconstructing a packet";
    case wire_errc::invalid_namespace: return "invalid namespace";
    case wire_errc::invalid_msgpack: return "invalid msgpack";
    case wire_errc::msgpack_too_deep: return "msgpack nested too deeply";
    case wire_errc::msgpack_too_many: return "msgpack of too many elements";
    case wire_errc::bad_status_line: return "no status line of HTTP/1.1";
    case wire_errc::bad_line_end: return "a line that does not end with CR LF";
    case wire_errc::bad_field_name: return "a header field without a proper name";
    case wire_errc::bad_field_value: return "a control character in a header field";
    case wire_errc::folded_field: return "a header field on several lines";
    case wire_errc::too_many_fields: return "too many header fields";
    case wire_errc::head_too_big: return "the head of the response is too big";
    case wire_errc::bad_extension_list: return "no list of websocket extensions";
    case wire_errc::extension_not_offered: return "a websocket extension that was not offered";
    case wire_errc::extension_twice: return "a websocket extension that was accepted twice";
    case wire_errc::unknown_extension_parameter: return "an unknown parameter of an extension";
    case wire_errc::bad_extension_parameter: return "a wrong parameter of an extension";
    case wire_errc::extension_offer_ignored:
      return "an extension accepted without a parameter that was asked for";
    case wire_errc::window_beyond_offer: return "a window larger than was offered";
  }
  return "unknown error";
}

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "socketio.wire"; }
  std::string message(int code) const override { return text_of(static_cast<wire_errc>(code)); }
};

}  // namespace

const std::error_category& wire_category() noexcept {
  static const category instance;
  return instance;
}

}  // namespace socketio::wire
