// What a server may answer to our offer of permessage-deflate: whatever is accepted keeps to what
// was offered. The first byte chooses the offer.
#include "wire/deflate_offer.hpp"

#include "law.hpp"

#include <cstdint>

namespace socketio {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const wire::deflate_offer offer{
      .server_no_context_takeover = (data[0] & 1) != 0,
      .client_no_context_takeover = (data[0] & 2) != 0,
      .server_max_window_bits = data[0] & 4 ? 10 : 15,
      .client_max_window_bits = data[0] & 8 ? 11 : 15,
  };
  const std::string_view answer(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto agreed = wire::accept_answer(answer, offer);
  if (!agreed) return 0;
  fuzz::law(answer.find("permessage-deflate") != answer.npos, "only what was offered is accepted");
  fuzz::law(
      agreed->server_window_bits >= 8 && agreed->server_window_bits <= offer.server_max_window_bits,
      "the server keeps to our limit");
  fuzz::law(
      agreed->client_window_bits >= 8 && agreed->client_window_bits <= offer.client_max_window_bits,
      "we keep to our limit");
  fuzz::law(agreed->server_no_context_takeover || !offer.server_no_context_takeover,
            "what was asked for is there");
  fuzz::law(agreed->client_no_context_takeover || !offer.client_no_context_takeover,
            "what we promised holds");
  return 0;
}

}  // namespace socketio
