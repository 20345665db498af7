/** Starts the dashboard in its page. */

import 'uplot/dist/uPlot.min.css';
import './style/base.css';
import './style/layout.css';
import './style/panels.css';
import './style/sweeps.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { takeTokenFromAddress } from './connection/token-store.ts';
import { applyKeptTheme } from './display/theme.ts';

takeTokenFromAddress();
applyKeptTheme();
const root = document.querySelector('#root');
if (root === null) throw new Error('the page has no root element');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
