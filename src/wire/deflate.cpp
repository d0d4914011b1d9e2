// See deflate.hpp. zlib's memory comes from operator new, so that it is counted where ours is.
#include "wire/deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <new>

namespace socketio::wire {
namespace {

// What ends each message and is not sent (RFC 7692, section 7.2.1).
constexpr std::string_view tail("\x00\x00\xff\xff", 4);
// zlib counts in 32 bits: whatever is longer is handed over in pieces.
constexpr std::size_t piece_max = std::size_t{1} << 30;

void* take_memory(void*, uInt items, uInt size) {
  return ::operator new (std::size_t{items} * size, std::nothrow);
}
void return_memory(void*, void* memory) { ::operator delete(memory); }

z_stream with_our_memory() noexcept {
  z_stream made{};
  made.zalloc = take_memory;
  made.zfree = return_memory;
  return made;
}

// zlib does not write to its input; its C interface cannot say so.
void set_input(z_stream& to, std::string_view bytes) noexcept {
  to.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  to.avail_in = static_cast<uInt>(bytes.size());
}

// Makes room for `bytes` more behind what is there, and points the stream to it.
void set_output(z_stream& to, std::string& out, std::size_t bytes) {
  const std::size_t before = out.size();
  out.resize(before + bytes);
  to.next_out = reinterpret_cast<Bytef*>(out.data() + before);
  to.avail_out = static_cast<uInt>(bytes);
}

int wire_bits(deflate_format format, int window_bits) noexcept {
  switch (format) {
    case deflate_format::raw: return -window_bits;
    case deflate_format::zlib: return window_bits;
    case deflate_format::gzip: return window_bits + 16;
  }
  return -window_bits;
}

}  // namespace

// ---- writing

struct deflater::stream {
  z_stream z = with_our_memory();

  // Compresses all of `input` with `flush` behind it, and appends what comes out.
  void run(std::string_view input, int flush, std::string& out) {
    do {
      const std::string_view piece = input.substr(0, piece_max);
      input.remove_prefix(piece.size());
      set_input(z, piece);
      const int how = input.empty() ? flush : Z_NO_FLUSH;
      std::size_t room = piece.size() / 2 + 64;
      do {
        set_output(z, out, room);
        const int status = ::deflate(&z, how);
        // Z_BUF_ERROR: the output was full just when all of it was written.
        assert(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR);
        static_cast<void>(status);
        out.resize(out.size() - z.avail_out);
        room = std::min(2 * room, piece_max);
      } while (z.avail_out == 0);
    } while (!input.empty());
  }
};

void deflater::stream_deleter::operator()(stream* done) const noexcept {
  ::deflateEnd(&done->z);
  delete done;
}

deflater::deflater(deflate_format format, int level, int mem_level, int window_bits)
    : stream_(new stream) {
  const int status = ::deflateInit2(&stream_->z, level, Z_DEFLATED, wire_bits(format, window_bits),
                                    mem_level, Z_DEFAULT_STRATEGY);
  assert(status == Z_OK || status == Z_MEM_ERROR);  // the numbers are validated options
  if (status != Z_OK) throw std::bad_alloc();
}

void deflater::add_message(std::string_view message, std::string& out) {
  // zlib does not flush twice in a row: nothing is one empty block (section 7.2.3.6).
  if (message.empty()) return out.push_back('\0');
  stream_->run(message, Z_SYNC_FLUSH, out);
  assert(out.ends_with(tail));
  out.resize(out.size() - tail.size());
}

void deflater::add_stream(std::string_view content, std::string& out) {
  stream_->run(content, Z_FINISH, out);
  forget();
}

void deflater::forget() noexcept { ::deflateReset(&stream_->z); }

// ---- reading

struct inflater::stream {
  z_stream z = with_our_memory();
};

void inflater::stream_deleter::operator()(stream* done) const noexcept {
  ::inflateEnd(&done->z);
  delete done;
}

inflater::inflater(int window_bits) : stream_(new stream) {
  // Older zlibs wrote with 512 bytes when they were told 256; a larger window reads both.
  if (::inflateInit2(&stream_->z, -std::max(window_bits, 9)) != Z_OK) throw std::bad_alloc();
}

inflater::outcome inflater::message(std::string_view compressed, std::size_t bytes_max,
                                    std::string& out) {
  out.clear();
  // Not even a block: no message, strictly, and nothing that could be anything else.
  if (compressed.empty()) return outcome::complete;
  bool ended = false;
  const outcome so_far = take(compressed, bytes_max, out, ended);
  // A final block says by itself that the message ends with it; nothing needs to follow.
  if (so_far != outcome::complete || ended) return so_far;
  const outcome all = take(tail, bytes_max, out, ended);
  constexpr int at_block_boundary = 128;
  const bool cut = !ended && !(stream_->z.data_type & at_block_boundary);
  return all == outcome::complete && cut ? outcome::malformed : all;
}

// Inflates `input`. `ended`: its last byte was the end of a final block, behind which there is no
// context. A message may have several of them (section 7.2.3.5), and go on behind each: half a
// million in a megabyte, so that room for the output is made only when there is none left.
inflater::outcome inflater::take(std::string_view input, std::size_t bytes_max, std::string& out,
                                 bool& ended) {
  z_stream& z = stream_->z;
  z.avail_in = z.avail_out = 0;
  std::size_t step = std::max<std::size_t>(1024, 4 * std::min(input.size(), piece_max / 4));
  const auto done = [&](outcome what) {
    out.resize(std::min(out.size() - z.avail_out, bytes_max));
    z.avail_in = 0;
    return what;
  };
  while (true) {
    if (z.avail_in == 0) {
      const std::string_view piece = input.substr(0, piece_max);
      input.remove_prefix(piece.size());
      set_input(z, piece);
    }
    if (z.avail_out == 0) {
      // One byte more than is allowed, to see whether there is one.
      const std::size_t left = bytes_max - out.size();
      set_output(z, out, left < step ? left + 1 : step);
      step = std::min(2 * step, piece_max);
    }
    const int status = ::inflate(&z, Z_SYNC_FLUSH);
    if (out.size() - z.avail_out > bytes_max) return done(outcome::too_big);
    const bool all_read = z.avail_in == 0 && input.empty();
    if (status == Z_STREAM_END) {
      ::inflateReset(&z);
      ended = all_read;
      if (all_read) return done(outcome::complete);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      const auto result = done(outcome::malformed);
      if (status == Z_MEM_ERROR) throw std::bad_alloc();
      return result;
    } else if (all_read && z.avail_out != 0) {
      return done(outcome::complete);
    }
  }
}

void inflater::forget() noexcept { ::inflateReset(&stream_->z); }

}  // namespace socketio::wire
