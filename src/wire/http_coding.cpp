// See http_coding.hpp.
#include "wire/http_coding.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>

namespace socketio::wire {
namespace {

// A weight of 0 to 1 with at most three decimals; what is not understood counts as 1.
double weight_of(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    std::string_view value = take_until(parameters, ';');
    const std::string_view name = take_until(value, '=');
    if (!same_word(name, "q")) continue;
    double q = 1;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), q);
    return parsed.ec == std::errc() && q >= 0 && q <= 1 ? q : 1.0;
  }
  return 1.0;
}

}  // namespace

std::string_view to_string(content_coding coding) noexcept {
  switch (coding) {
    case content_coding::gzip: return "gzip";
    case content_coding::deflate: return "deflate";
    case content_coding::identity: break;
  }
  return "identity";
}

accepted_codings read_accept_encoding(std::string_view field) noexcept {
  accepted_codings found;
  std::optional<accepted_codings::one> any;
  for (unsigned place = 0; !field.empty(); ++place) {
    std::string_view parameters = take_until(field, ',');
    const std::string_view coding = take_until(parameters, ';');
    const accepted_codings::one here{weight_of(parameters), true, place};
    if (same_word(coding, "gzip") || same_word(coding, "x-gzip")) found.gzip = here;
    if (same_word(coding, "deflate")) found.deflate = here;
    if (same_word(coding, "identity")) found.identity = here.weight;
    if (coding == "*") any = {here.weight, false, place};
  }
  if (any && !found.gzip.named) found.gzip = *any;
  if (any && !found.deflate.named) found.deflate = *any;
  return found;
}

content_coding preferred_coding(const accepted_codings& codings) noexcept {
  const auto& [gzip, deflate, identity] = codings;
  const bool rather_deflate = deflate.weight != gzip.weight ? deflate.weight > gzip.weight
                              : deflate.named != gzip.named ? deflate.named
                                                            : deflate.place < gzip.place;
  const double best = std::max(gzip.weight, deflate.weight);
  if (best == 0 || best < identity) return content_coding::identity;
  return rather_deflate ? content_coding::deflate : content_coding::gzip;
}

std::string http_coder::encode(content_coding coding, std::string_view body) {
  const bool gzip = coding == content_coding::gzip;
  std::optional<deflater>& stream = gzip ? gzip_ : deflate_;
  if (!stream)
    stream.emplace(gzip ? deflate_format::gzip : deflate_format::zlib, options_.level,
                   options_.mem_level, options_.window_bits);
  std::string out;
  stream->add_stream(body, out);
  return out;
}

void http_coder::release() noexcept {
  gzip_.reset();
  deflate_.reset();
}

}  // namespace socketio::wire
