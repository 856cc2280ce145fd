#pragma once

#include <string_view>

#include "isolate/files/file.h"
#include "isolate/files/memory_node.h"
#include "isolate/files/memory_tree.h"

namespace skiff::wasi {

/// What open(2) does up to the descriptor: finds the node, makes it, cuts it. The node is a regular
/// file or a directory.
FileResult<MemoryNode*> openNode(MemoryTree& tree, MemoryNode& start, std::string_view path,
                                 const OpenHow& how);

}  // namespace skiff::wasi
