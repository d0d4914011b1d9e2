// A polling payload: its records are all of it, and joined again they are the same payload.
#include "law.hpp"
#include "wire/engine_packet.hpp"

namespace socketio {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  std::string joined, storage;
  std::size_t records = 0;
  for (std::string_view rest = payload; rest.data();) {
    const std::string_view record = wire::next_record(rest);
    fuzz::law(record.find('\x1e') == record.npos, "a record holds no separator");
    if (records++ != 0) joined += '\x1e';
    joined += record;
    static_cast<void>(wire::decode_engine_packet(record, storage));
  }
  fuzz::law(joined == payload, "the records are the payload");
  return 0;
}

}  // namespace socketio
