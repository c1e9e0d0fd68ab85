import './supported-node.cjs';
import { newBuild } from './fresh.cjs';

newBuild();
