// See frame_variants.hpp.
#include "wire/frame_variants.hpp"

#include "wire/permessage_deflate.hpp"

#include <cassert>

namespace socketio::wire {

std::string_view deflated_messages::get(std::uint32_t which, int window_bits,
                                        const std::function<std::string_view()>& make) {
  const std::lock_guard lock(mutex_);
  for (const made& one : all_)
    if (one.which == which && one.window_bits == window_bits) return one.bytes;
  return all_.emplace_back(made{which, window_bits, std::string(make())}).bytes;
}

namespace {

frame_variants& variants_of(frame_variants*& place) {
  if (!place) place = new frame_variants;
  return *place;
}

frame smaller(const frame& message, std::string_view deflated) {
  return deflated.size() < message.packet().size() ? frame::deflated(deflated, message) : frame();
}

}  // namespace

frame deflated_variant(const frame& message, int window_bits, deflate_workspace& with) {
  const auto compress = [&] { return with.deflate_alone(message.packet(), window_bits); };
  frame_variants** const place = message.variants();
  if (!place) {
    frame made = smaller(message, compress());
    return made ? made : message;
  }
  frame_variants& all = variants_of(*place);
  auto& variant = all.by_window[static_cast<std::size_t>(window_bits - all.smallest_window)];
  if (!variant.known) {
    variant.made =
        smaller(message,
                all.elsewhere ? all.elsewhere->get(all.number, window_bits, compress) : compress());
    variant.known = true;
  }
  return variant.made ? variant.made : message;
}

void share_variants(const frame& message, const std::shared_ptr<deflated_messages>& all,
                    std::uint32_t which) {
  frame_variants** const place = message.variants();
  assert(place);
  frame_variants& of = variants_of(*place);
  of.elsewhere = all;
  of.number = which;
}

}  // namespace socketio::wire
