#!/usr/bin/env node
/** The petrel command: here, and executable, before anything is built, so that npm can link it on a fresh clone. */
import '../dist/main.js';
